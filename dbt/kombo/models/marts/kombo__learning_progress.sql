{{ config(enabled=kombo_reads('lms_courses', true) and kombo_reads('lms_course_progressions', true)) }}
-- the newest title of a course is that of its last revision
with titles as (
    select
        integration_id,
        course_id,
        title,
        row_number() over (
            partition by integration_id, course_id order by course_revision_number desc
        ) as place
    from {{ ref('stg_kombo__lms_courses__revisions') }}
),

progressions as (
    select
        revisions.integration_id,
        revisions.course_id,
        count(*) as progressions,
        count(distinct progressions.user_id) as learners,
        sum(case when progressions.status = 'COMPLETED' then 1 else 0 end) as completed,
        sum(case when progressions.status in ('ENROLLED', 'IN_PROGRESS') then 1 else 0 end) as under_way,
        sum(case when progressions.status = 'DROPPED' then 1 else 0 end) as dropped,
        count(progressions.status) as with_status,
        percentile_cont(0.5) within group (
            order by
                case
                    when progressions.completed_at >= progressions.enrolled_at
                        then {{ kombo_days('progressions.enrolled_at', 'progressions.completed_at') }}
                end
        ) as median_days_to_complete
    from {{ ref('stg_kombo__lms_course_progressions') }} as progressions
    inner join {{ ref('stg_kombo__lms_courses__revisions') }} as revisions
        on revisions.course_revision_id = progressions.course_revision_id
        and revisions.integration_id = progressions.integration_id
    group by revisions.integration_id, revisions.course_id
),

with_progressions as (
    select distinct integration_id from {{ ref('stg_kombo__lms_course_progressions') }}
)

select
    courses.course_id,
    courses.integration_id,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    titles.title as course,
    courses.provider_name as provider,
    {{ kombo_count('progressions.progressions', 'with_progressions') }} as progressions,
    {{ kombo_count('progressions.learners', 'with_progressions') }} as learners,
    {{ kombo_count('progressions.completed', 'with_progressions') }} as completed,
    {{ kombo_count('progressions.under_way', 'with_progressions') }} as under_way,
    {{ kombo_count('progressions.dropped', 'with_progressions') }} as dropped,
    {{ kombo_rate('progressions.completed', 'progressions.with_status') }} as completion,
    progressions.median_days_to_complete
from {{ ref('stg_kombo__lms_courses') }} as courses
left join titles
    on titles.course_id = courses.course_id
    and titles.integration_id = courses.integration_id
    and titles.place = 1
left join progressions
    on progressions.course_id = courses.course_id
    and progressions.integration_id = courses.integration_id
left join with_progressions on with_progressions.integration_id = courses.integration_id
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = courses.integration_id
