-- Written by scripts/update_dbt.py from the schemas of the tap; change those, not this.
{{ config(enabled=kombo_reads('integrations', true)) }}
{%- set parts = [] %}
{%- if kombo_reads('interviews', true) %}
{%- do parts.append(kombo_fill('interviews', 'ats_interviews', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'title': 'text',
    'starting_at': 'timestamp',
    'ending_at': 'timestamp',
    'location': 'json',
    'video_conferencing_url': 'text',
    'application_id': 'text',
    'stage_id': 'text',
    'canceled': 'boolean',
    'remote_created_at': 'timestamp',
    'remote_updated_at': 'timestamp',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'users': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('applications', true) %}
{%- do parts.append(kombo_fill('applications', 'ats_applications', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'outcome': 'text',
    'rejection_reason_name': 'text',
    'rejected_at': 'timestamp',
    'current_stage_id': 'text',
    'job_id': 'text',
    'candidate_id': 'text',
    'screening_question_answers': 'json',
    'custom_fields': 'json',
    'remote_url': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'remote_created_at': 'timestamp',
    'remote_updated_at': 'timestamp',
    'current_stage': 'json',
    'interviews': 'json',
    'offers': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('candidates', true) %}
{%- do parts.append(kombo_fill('candidates', 'ats_candidates', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'first_name': 'text',
    'last_name': 'text',
    'company': 'text',
    'title': 'text',
    'confidential': 'boolean',
    'source': 'text',
    'phone_numbers': 'json',
    'email_addresses': 'json',
    'social_media': 'json',
    'location': 'json',
    'custom_fields': 'json',
    'remote_url': 'text',
    'remote_created_at': 'timestamp',
    'remote_updated_at': 'timestamp',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'applications': 'json',
    'tags': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('jobs', true) %}
{%- do parts.append(kombo_fill('jobs', 'ats_jobs', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'job_code': 'text',
    'description': 'text',
    'confidential': 'boolean',
    'weekly_hours': 'number',
    'employment_type': 'text',
    'status': 'text',
    'visibility': 'text',
    'category': 'text',
    'department': 'text',
    'post_url': 'text',
    'experience_level': 'text',
    'remote_work_status': 'text',
    'salary_amount': 'number',
    'salary_amount_from': 'number',
    'salary_amount_to': 'number',
    'salary_currency': 'text',
    'salary_period': 'text',
    'location': 'json',
    'custom_fields': 'json',
    'remote_url': 'text',
    'opened_at': 'timestamp',
    'closed_at': 'timestamp',
    'remote_created_at': 'timestamp',
    'remote_updated_at': 'timestamp',
    'contact_id': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'stages': 'json',
    'screening_questions': 'json',
    'job_postings': 'json',
    'hiring_team': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('offers', true) %}
{%- do parts.append(kombo_fill('offers', 'ats_offers', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'status': 'text',
    'employment_start_date': 'date',
    'application_id': 'text',
    'custom_fields': 'json',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'remote_created_at': 'timestamp',
    'remote_updated_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('users', true) %}
{%- do parts.append(kombo_fill('users', 'ats_users', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'first_name': 'text',
    'last_name': 'text',
    'email': 'text',
    'status': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'system_roles': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('roles', true) %}
{%- do parts.append(kombo_fill('roles', 'ats_roles', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'remote_label': 'text',
    'scope': 'text',
    'unified_type': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('tags', true) %}
{%- do parts.append(kombo_fill('tags', 'ats_tags', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('rejection_reasons', true) %}
{%- do parts.append(kombo_fill('rejection_reasons', 'ats_rejection_reasons', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('application_stages', false) %}
{%- do parts.append(kombo_fill('application_stages', 'ats_application_stages', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'status': 'text',
    'custom_fields': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('notes', false) %}
{%- do parts.append(kombo_fill('notes', 'ats_notes', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'candidate_id': 'text',
    'application_id': 'text',
    'author_id': 'text',
    'title': 'text',
    'content_html': 'text',
    'is_private': 'boolean',
    'remote_created_at': 'timestamp',
    'remote_updated_at': 'timestamp',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('scorecards', false) %}
{%- do parts.append(kombo_fill('scorecards', 'ats_scorecards', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'candidate_id': 'text',
    'application_id': 'text',
    'interview_id': 'text',
    'author_id': 'text',
    'remote_created_at': 'timestamp',
    'remote_updated_at': 'timestamp',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'responses': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('attachments', false) %}
{%- do parts.append(kombo_fill('attachments', 'ats_attachments', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'candidate_id': 'text',
    'application_id': 'text',
    'type': 'text',
    'file_name': 'text',
    'remote_created_at': 'timestamp',
    'remote_updated_at': 'timestamp',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'content_ref': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('hris_employees', true) %}
{%- do parts.append(kombo_fill('hris_employees', 'hris_employees', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'employee_number': 'text',
    'first_name': 'text',
    'last_name': 'text',
    'nationality': 'text',
    'display_full_name': 'text',
    'job_title': 'text',
    'work_email': 'text',
    'personal_email': 'text',
    'mobile_phone_number': 'text',
    'ssn': 'text',
    'tax_id': 'text',
    'gender': 'text',
    'ethnicity': 'text',
    'marital_status': 'text',
    'employment_status': 'text',
    'employment_type': 'text',
    'weekly_hours': 'number',
    'avatar': 'text',
    'work_location_id': 'text',
    'legal_entity_id': 'text',
    'manager_id': 'text',
    'home_address': 'json',
    'bank_accounts': 'json',
    'date_of_birth': 'date',
    'start_date': 'date',
    'termination_date': 'date',
    'remote_created_at': 'timestamp',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'custom_fields': 'json',
    'employments': 'json',
    'time_off_balances': 'json',
    'groups': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('hris_employments', true) %}
{%- do parts.append(kombo_fill('hris_employments', 'hris_employments', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'employee_id': 'text',
    'job_title': 'text',
    'pay_rate': 'number',
    'pay_period': 'text',
    'pay_frequency': 'text',
    'employment_type': 'text',
    'pay_currency': 'text',
    'effective_date': 'date',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'custom_fields': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('hris_groups', true) %}
{%- do parts.append(kombo_fill('hris_groups', 'hris_teams', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'type': 'text',
    'parent_id': 'text',
})) %}
{%- endif %}
{%- if kombo_reads('hris_teams', false) %}
{%- do parts.append(kombo_fill('hris_teams', 'hris_teams', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'type': 'text',
    'parent_id': 'text',
})) %}
{%- endif %}
{%- if kombo_reads('hris_locations', true) %}
{%- do parts.append(kombo_fill('hris_locations', 'hris_locations', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'address': 'json',
    'type': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('hris_legal_entities', true) %}
{%- do parts.append(kombo_fill('hris_legal_entities', 'hris_legal_entities', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'address': 'json',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('hris_absences', true) %}
{%- do parts.append(kombo_fill('hris_absences', 'hris_absences', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'employee_id': 'text',
    'approver_id': 'text',
    'start_date': 'date',
    'end_date': 'date',
    'start_half_day': 'boolean',
    'end_half_day': 'boolean',
    'start_time': 'text',
    'end_time': 'text',
    'amount': 'number',
    'unit': 'text',
    'status': 'text',
    'employee_note': 'text',
    'type_id': 'text',
    'remote_created_at': 'timestamp',
    'remote_updated_at': 'timestamp',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('hris_absence_types', true) %}
{%- do parts.append(kombo_fill('hris_absence_types', 'hris_absence_types', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'unit': 'text',
    'half_days_supported': 'boolean',
    'exact_times_supported': 'boolean',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'custom_fields': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('hris_time_off_balances', true) %}
{%- do parts.append(kombo_fill('hris_time_off_balances', 'hris_time_off_balances', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'employee_id': 'text',
    'type_id': 'text',
    'balance': 'number',
    'balance_unit': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'used': 'number',
    'used_unit': 'text',
})) %}
{%- endif %}
{%- if kombo_reads('hris_timesheets', false) %}
{%- do parts.append(kombo_fill('hris_timesheets', 'hris_timesheets', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'employee_id': 'text',
    'started_at': 'timestamp',
    'ended_at': 'timestamp',
    'timezone': 'text',
    'payable_hours': 'number',
    'unpaid_break_minutes': 'number',
    'breaks': 'json',
    'approval_status': 'text',
    'approved_at': 'timestamp',
    'comment': 'text',
    'custom_fields': 'json',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('hris_performance_reviews', false) %}
{%- do parts.append(kombo_fill('hris_performance_reviews', 'hris_performance_reviews', {
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
})) %}
{%- endif %}
{%- if kombo_reads('hris_performance_review_cycles', false) %}
{%- do parts.append(kombo_fill('hris_performance_review_cycles', 'hris_performance_review_cycles', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'review_period_start_date': 'date',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('hris_staffing_entities', false) %}
{%- do parts.append(kombo_fill('hris_staffing_entities', 'hris_staffing_entities', {
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
})) %}
{%- endif %}
{%- if kombo_reads('hris_employee_document_categories', false) %}
{%- do parts.append(kombo_fill('hris_employee_document_categories', 'hris_employee_document_categories', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('hris_pay_runs', false) %}
{%- do parts.append(kombo_fill('hris_pay_runs', 'hris_pay_runs', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'start_date': 'date',
    'end_date': 'date',
    'legal_entity_id': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'totals': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('hris_payslips', false) %}
{%- do parts.append(kombo_fill('hris_payslips', 'hris_payslips', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'totals': 'json',
    'employee': 'json',
    'pay_run': 'json',
    'line_items': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('hris_skills', false) %}
{%- do parts.append(kombo_fill('hris_skills', 'hris_skills', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'description': 'text',
    'ordered_levels': 'json',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
})) %}
{%- endif %}
{%- if kombo_reads('hris_employee_skill_assignments', false) %}
{%- do parts.append(kombo_fill('hris_employee_skill_assignments', 'hris_employee_skill_proficiency_ratings', {
    'id': 'text',
    'integration_id': 'text',
    'employee_id': 'text',
    'skill_id': 'text',
    'current_level': 'text',
})) %}
{%- endif %}
{%- if kombo_reads('lms_users', true) %}
{%- do parts.append(kombo_fill('lms_users', 'lms_users', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'first_name': 'text',
    'last_name': 'text',
    'work_email': 'text',
    'status': 'text',
    'remote_created_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'changed_at': 'timestamp',
    'custom_fields': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('lms_courses', true) %}
{%- do parts.append(kombo_fill('lms_courses', 'lms_courses', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'provider_id': 'text',
    'origin_id': 'text',
    'remote_created_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'changed_at': 'timestamp',
    'custom_fields': 'json',
    'provider': 'json',
    'revisions': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('lms_course_progressions', true) %}
{%- do parts.append(kombo_fill('lms_course_progressions', 'lms_course_progressions', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'user_id': 'text',
    'course_revision_id': 'text',
    'status': 'text',
    'enrolled_at': 'timestamp',
    'completed_at': 'timestamp',
    'changed_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'course_revision': 'json',
})) %}
{%- endif %}
{%- if kombo_reads('lms_skills', false) %}
{%- do parts.append(kombo_fill('lms_skills', 'lms_skills', {
    'id': 'text',
    'integration_id': 'text',
    'remote_id': 'text',
    'name': 'text',
    'remote_created_at': 'timestamp',
    'remote_deleted_at': 'timestamp',
    'changed_at': 'timestamp',
    'custom_fields': 'json',
})) %}
{%- endif %}
with filled as (
    {{ parts | join('union all') }}
)

select
    filled.integration_id,
    filled.stream,
    filled.column_name,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    filled.records,
    filled.filled,
    {{ kombo_rate('filled.filled', 'filled.records') }} as fill_rate,
    fields.is_available,
    fields.coverage_status,
    fields.scope_config_setting,
    fields.opted_out_by_customer,
    case
        when filled.filled > 0 then null
        when filled.filled is null then 'not read'
        when fields.opted_out_by_customer then 'the customer has switched it off'
        when fields.scope_config_setting = 'DISABLED' then 'switched off in Kombo'
        when fields.coverage_status = 'UNSUPPORTED' then 'Kombo does not read it from this tool'
        when filled.records = 0 then 'no records'
        else 'the tool holds no value'
    end as why_empty
from filled
left join {{ ref('stg_kombo__integrations__read_models__fields') }} as fields
    on fields.integration_id = filled.integration_id
    and fields.model_id = filled.model
    and fields.field_id = filled.column_name
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = filled.integration_id
