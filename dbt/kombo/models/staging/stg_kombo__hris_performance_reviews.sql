-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_performance_reviews', false)) }}
with source as (
    {{ kombo_table('hris_performance_reviews', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'type': 'text',
        'summary_comment': 'text',
        'summary_rating': 'json',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'reviewee': 'json',
        'reviewer': 'json',
        'review_cycle': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as performance_review_id,
    integration_id,
    remote_id,
    type,
    summary_comment,
    {{ kombo_json('summary_rating', ['type'], 'text') }} as summary_rating_type,
    {{ kombo_json('summary_rating', ['min'], 'number') }} as summary_rating_min,
    {{ kombo_json('summary_rating', ['max'], 'number') }} as summary_rating_max,
    {{ kombo_json('summary_rating', ['value'], 'text') }} as summary_rating_value,
    {{ kombo_json('summary_rating', ['ordered_options'], 'json') }} as summary_rating_ordered_options,
    changed_at,
    {{ kombo_json('reviewee', ['id'], 'text') }} as reviewee_id,
    {{ kombo_json('reviewee', ['remote_id'], 'text') }} as reviewee_remote_id,
    {{ kombo_json('reviewee', ['first_name'], 'text') }} as reviewee_first_name,
    {{ kombo_json('reviewee', ['last_name'], 'text') }} as reviewee_last_name,
    {{ kombo_json('reviewee', ['display_full_name'], 'text') }} as reviewee_display_full_name,
    {{ kombo_json('reviewee', ['work_email'], 'text') }} as reviewee_work_email,
    {{ kombo_json('reviewee', ['remote_deleted_at'], 'timestamp') }} as reviewee_remote_deleted_at,
    {{ kombo_json('reviewer', ['id'], 'text') }} as reviewer_id,
    {{ kombo_json('reviewer', ['remote_id'], 'text') }} as reviewer_remote_id,
    {{ kombo_json('reviewer', ['first_name'], 'text') }} as reviewer_first_name,
    {{ kombo_json('reviewer', ['last_name'], 'text') }} as reviewer_last_name,
    {{ kombo_json('reviewer', ['display_full_name'], 'text') }} as reviewer_display_full_name,
    {{ kombo_json('reviewer', ['work_email'], 'text') }} as reviewer_work_email,
    {{ kombo_json('reviewer', ['remote_deleted_at'], 'timestamp') }} as reviewer_remote_deleted_at,
    {{ kombo_json('review_cycle', ['id'], 'text') }} as review_cycle_id,
    {{ kombo_json('review_cycle', ['remote_id'], 'text') }} as review_cycle_remote_id,
    {{ kombo_json('review_cycle', ['name'], 'text') }} as review_cycle_name,
    {{ kombo_json('review_cycle', ['review_period_start_date'], 'date') }} as review_cycle_review_period_start_date,
    {{ kombo_json('review_cycle', ['changed_at'], 'timestamp') }} as review_cycle_changed_at,
    {{ kombo_json('review_cycle', ['remote_deleted_at'], 'timestamp') }} as review_cycle_remote_deleted_at
from source
where remote_deleted_at is null and _sdc_deleted_at is null
