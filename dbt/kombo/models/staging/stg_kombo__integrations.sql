-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('integrations', true)) }}
with source as (
    {{ kombo_table('integrations', {
        'integration_id': 'text',
        'tool': 'json',
        'category': 'text',
        'status': 'text',
        'setup_status': 'text',
        'end_user': 'json',
        'scope_config': 'json',
        'data_expired_at': 'timestamp',
        'created_at': 'timestamp',
        'beta': 'boolean',
        'read_models': 'json',
        'remote_deleted_at': 'timestamp',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    integration_id,
    {{ kombo_json('tool', ['id'], 'text') }} as tool_id,
    {{ kombo_json('tool', ['label'], 'text') }} as tool_label,
    {{ kombo_json('tool', ['internal_label'], 'text') }} as tool_internal_label,
    {{ kombo_json('tool', ['logo_url'], 'text') }} as tool_logo_url,
    {{ kombo_json('tool', ['icon_url'], 'text') }} as tool_icon_url,
    category,
    status,
    setup_status,
    {{ kombo_json('end_user', ['organization_name'], 'text') }} as end_user_organization_name,
    {{ kombo_json('end_user', ['creator_email'], 'text') }} as end_user_creator_email,
    {{ kombo_json('end_user', ['origin_id'], 'text') }} as end_user_origin_id,
    {{ kombo_json('scope_config', ['id'], 'text') }} as scope_config_id,
    {{ kombo_json('scope_config', ['name'], 'text') }} as scope_config_name,
    data_expired_at,
    created_at,
    beta,
    read_models
from source
where remote_deleted_at is null and _sdc_deleted_at is null
