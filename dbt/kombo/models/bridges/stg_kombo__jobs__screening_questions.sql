-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('jobs', true)) }}
select
    above.job_id,
    above.integration_id,
    {{ kombo_entry_number() }} as screening_question_number,
    {{ kombo_json(kombo_entry(), ['id'], 'text') }} as screening_question_id,
    {{ kombo_json(kombo_entry(), ['remote_id'], 'text') }} as remote_id,
    {{ kombo_json(kombo_entry(), ['title'], 'text') }} as title,
    {{ kombo_json(kombo_entry(), ['description'], 'text') }} as description,
    {{ kombo_json(kombo_entry(), ['format', 'display_type'], 'text') }} as format_display_type,
    {{ kombo_json(kombo_entry(), ['format', 'max_length'], 'number') }} as format_max_length,
    {{ kombo_json(kombo_entry(), ['format', 'type'], 'text') }} as format_type,
    {{ kombo_json(kombo_entry(), ['format', 'max'], 'number') }} as format_max,
    {{ kombo_json(kombo_entry(), ['format', 'min'], 'number') }} as format_min,
    {{ kombo_json(kombo_entry(), ['format', 'accepted_mime_types'], 'json') }} as format_accepted_mime_types,
    {{ kombo_json(kombo_entry(), ['format', 'max_file_size_bytes'], 'number') }} as format_max_file_size_bytes,
    {{ kombo_json(kombo_entry(), ['format', 'options'], 'json') }} as format_options,
    {{ kombo_json(kombo_entry(), ['category'], 'text') }} as category,
    {{ kombo_json(kombo_entry(), ['index'], 'number') }} as index,
    {{ kombo_json(kombo_entry(), ['required'], 'boolean') }} as required,
    {{ kombo_json(kombo_entry(), ['precondition_question_id'], 'text') }} as precondition_question_id,
    {{ kombo_json(kombo_entry(), ['precondition_options'], 'json') }} as precondition_options
from {{ ref('stg_kombo__jobs') }} as above
cross join {{ kombo_unnest('above.screening_questions') }}
