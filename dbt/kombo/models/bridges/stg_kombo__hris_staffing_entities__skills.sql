-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_staffing_entities', false)) }}
select
    above.staffing_entity_id,
    above.integration_id,
    {{ kombo_entry_number() }} as skill_number,
    {{ kombo_json(kombo_entry(), ['skill_id'], 'text') }} as skill_id,
    {{ kombo_json(kombo_entry(), ['skill', 'remote_id'], 'text') }} as skill_remote_id,
    {{ kombo_json(kombo_entry(), ['skill', 'name'], 'text') }} as skill_name,
    {{ kombo_json(kombo_entry(), ['skill', 'proficiency_scale', 'id'], 'text') }} as skill_proficiency_scale_id,
    {{ kombo_json(kombo_entry(), ['skill', 'proficiency_scale', 'remote_id'], 'text') }} as skill_proficiency_scale_remote_id,
    {{ kombo_json(kombo_entry(), ['skill', 'proficiency_scale', 'type'], 'text') }} as skill_proficiency_scale_type,
    {{ kombo_json(kombo_entry(), ['skill', 'proficiency_scale', 'min'], 'number') }} as skill_proficiency_scale_min,
    {{ kombo_json(kombo_entry(), ['skill', 'proficiency_scale', 'max'], 'number') }} as skill_proficiency_scale_max,
    {{ kombo_json(kombo_entry(), ['skill', 'proficiency_scale', 'step'], 'number') }} as skill_proficiency_scale_step,
    {{ kombo_json(kombo_entry(), ['skill', 'proficiency_scale', 'ordered_options'], 'json') }} as skill_proficiency_scale_ordered_options,
    {{ kombo_json(kombo_entry(), ['expected_proficiency', 'type'], 'text') }} as expected_proficiency_type,
    {{ kombo_json(kombo_entry(), ['expected_proficiency', 'value'], 'number') }} as expected_proficiency_value,
    {{ kombo_json(kombo_entry(), ['expected_proficiency', 'selected_option_id'], 'text') }} as expected_proficiency_selected_option_id
from {{ ref('stg_kombo__hris_staffing_entities') }} as above
cross join {{ kombo_unnest('above.skills') }}
