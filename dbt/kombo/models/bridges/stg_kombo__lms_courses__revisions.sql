-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('lms_courses', true)) }}
select
    above.course_id,
    above.integration_id,
    {{ kombo_entry_number() }} as course_revision_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as course_revision_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['title'], 'text') }} as title,
    {{ kombo_json(kombo_entry(), ['description'], 'text') }} as description,
    {{ kombo_json(kombo_entry(), ['remote_url'], 'text') }} as remote_url,
    {{ kombo_json(kombo_entry(), ['status'], 'text') }} as status,
    {{ kombo_json(kombo_entry(), ['remote_created_at'], 'timestamp') }} as remote_created_at,
    {{ kombo_json(kombo_entry(), ['remote_deleted_at'], 'timestamp') }} as remote_deleted_at,
    {{ kombo_json(kombo_entry(), ['changed_at'], 'timestamp') }} as changed_at,
    {{ kombo_json(kombo_entry(), ['custom_fields'], 'json') }} as custom_fields,
    {{ kombo_json(kombo_entry(), ['skill_assignments'], 'json') }} as skill_assignments
from {{ ref('stg_kombo__lms_courses') }} as above
cross join {{ kombo_unnest('above.revisions') }}
