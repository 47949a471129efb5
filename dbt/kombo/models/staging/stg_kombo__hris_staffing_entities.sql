-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('hris_staffing_entities', false)) }}
with source as (
    {{ kombo_table('hris_staffing_entities', {
        'id': 'text',
        'integration_id': 'text',
        'remote_id': 'text',
        'name': 'text',
        'model_type': 'text',
        'description': 'text',
        'status': 'text',
        'employment_types': 'json',
        'number_of_openings': 'number',
        'parent_id': 'text',
        'remote_url': 'text',
        'remote_created_at': 'timestamp',
        'remote_updated_at': 'timestamp',
        'changed_at': 'timestamp',
        'remote_deleted_at': 'timestamp',
        'custom_fields': 'json',
        'locations': 'json',
        'legal_entities': 'json',
        'groups': 'json',
        'skills': 'json',
        '_sdc_deleted_at': 'timestamp',
    }) }}
)

select
    id as staffing_entity_id,
    integration_id,
    remote_id,
    name,
    model_type,
    description,
    status,
    employment_types,
    number_of_openings,
    parent_id,
    remote_url,
    remote_created_at,
    remote_updated_at,
    changed_at,
    custom_fields,
    locations,
    legal_entities,
    groups,
    skills{{ kombo_custom_fields('hris_staffing_entities') }}
from source
where remote_deleted_at is null and _sdc_deleted_at is null
