-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('lms_courses', true)) }}
select
    above.course_id,
    above.integration_id,
    above.course_revision_id,
    {{ kombo_entry_number() }} as skill_assignment_number,
    {{ kombo_json(kombo_entry(), ['skill', 'id'], 'text') }} as skill_id,
    {{ kombo_json(kombo_entry(), ['skill', 'remote_id'], 'text') }} as skill_remote_id,
    {{ kombo_json(kombo_entry(), ['skill', 'name'], 'text') }} as skill_name
from {{ ref('stg_kombo__lms_courses__revisions') }} as above
cross join {{ kombo_unnest('above.skill_assignments') }}
