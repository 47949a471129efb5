-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('applications', true)) }}
select
    above.application_id,
    above.integration_id,
    {{ kombo_entry_number() }} as screening_question_answer_number,
    {{ kombo_json(kombo_entry(), ['answer', 'content'], 'text') }} as answer_content,
    {{ kombo_json(kombo_entry(), ['answer', 'choice'], 'text') }} as answer_choice,
    {{ kombo_json(kombo_entry(), ['answer', 'choices'], 'json') }} as answer_choices,
    {{ kombo_json(kombo_entry(), ['answer', 'checked'], 'boolean') }} as answer_checked,
    {{ kombo_json(kombo_entry(), ['answer', 'number'], 'number') }} as answer_number,
    {{ kombo_json(kombo_entry(), ['answer', 'date'], 'timestamp') }} as answer_date,
    {{ kombo_json(kombo_entry(), ['question', 'remote_id'], 'text') }} as question_remote_id,
    {{ kombo_json(kombo_entry(), ['question', 'title'], 'text') }} as question_title,
    {{ kombo_json(kombo_entry(), ['question', 'type'], 'text') }} as question_type
from {{ ref('stg_kombo__applications') }} as above
cross join {{ kombo_unnest('above.screening_question_answers') }}
