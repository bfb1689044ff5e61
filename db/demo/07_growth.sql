-- The demo community: XP for what the other files say was done, in the order in which it was done.
create temp table demo_awards on commit drop as
select
    row_number() over (order by a.at, a.user_id, a.source, a.metadata::text) as number,
    a.*
from (
    select p.id, pg_temp.demo_time(day, 'login ' || p.handle || day), 10, 'daily_login', '{}'::jsonb
    from demo_people p
    cross join lateral generate_series(1, least(p.joined, 90)) day
    where pg_temp.demo_pick('active ' || p.handle || ' ' || day, 100) < p.activity

    union all
    select o.user_id, o.created_at + interval '1 minute', 15, 'social_interaction', jsonb_build_object('post_id', o.id)
    from public.posts o
    join demo_posts d on d.id = o.id and o.visibility <> 'private' and o.deleted_at is null

    union all
    select
        e.user_id,
        g.completed_at + interval '1 minute',
        case s.step_type when 'quiz' then 50 when 'assessment' then 100 else 200 end,
        case s.step_type when 'project' then 'project_submission' else 'quiz_completion' end,
        jsonb_build_object('step_id', s.id)
    from demo_enrollments e
    join public.learning_path_step_progress g
        on g.enrollment_id = pg_temp.demo_id('enrollment', e.number) and g.status = 'completed'
    join public.learning_path_steps s on s.id = g.step_id and s.step_type in ('quiz', 'assessment', 'project')

    union all
    select
        e.user_id,
        r.completed_at + interval '2 minutes',
        case d.difficulty when 'beginner' then 300 when 'intermediate' then 450 when 'advanced' then 600 else 800 end,
        'course_completion',
        jsonb_build_object('path_id', e.path_id)
    from demo_enrollments e
    join demo_paths d on d.number = e.path
    join public.learning_path_enrollments r on r.id = pg_temp.demo_id('enrollment', e.number) and r.completed_at is not null

    union all
    select c.user_id, c.issued_at + interval '1 minute', 400, 'skill_mastery', jsonb_build_object('certification_id', c.id)
    from public.certifications c
    join demo_requests d on pg_temp.demo_id('certificate', d.number) = c.id
) a (user_id, at, amount, source, metadata);

-- evolv.add_xp enters an award as it enters every other: event, ledger, standing, badges, feed. It does so now; the award
-- was then, so what it entered is put back to that time. History is append-only for the owner, too: who mends it
-- disables the triggers, here for the length of this transaction.
alter table public.activity_events disable trigger activity_events_append_only;
alter table public.xp_transactions disable trigger xp_transactions_append_only;

create temp table demo_events (
    id bigint primary key,
    at timestamptz not null
) on commit drop;

do $$
declare
    award record;
    outcome jsonb;
begin
    for award in
        select * from demo_awards order by number
    loop
        outcome := (evolv.add_xp(award.user_id, award.amount, award.source, award.metadata, null)).data;
        insert into demo_events (id, at)
        values (currval('public.activity_events_id_seq'), award.at);

        -- News of this award are the only ones that are dated now; the earlier ones are already put back.
        if award.source not in ('daily_login', 'social_interaction') or (outcome -> 'level_up')::boolean then
            update public.feed_items
            set created_at = award.at
            where user_id = award.user_id and created_at = now();
        end if;
    end loop;
end
$$;

update public.activity_events e
set occurred_at = d.at
from demo_events d
where e.id = d.id;

update public.xp_transactions x
set created_at = d.at
from demo_events d
where x.event_id = d.id;

update public.user_badges b
set earned_at = d.at
from demo_events d
where b.event_id = d.id;

alter table public.activity_events enable trigger activity_events_append_only;
alter table public.xp_transactions enable trigger xp_transactions_append_only;

update public.user_levels l
set created_at = p.created_at,
    updated_at = greatest(p.created_at, (select max(x.created_at) from public.xp_transactions x where x.user_id = l.user_id))
from public.profiles p
join demo_people d on d.id = p.id
where l.user_id = p.id;

update auth.users u
set last_sign_in_at = (
        select max(a.at) from demo_awards a where a.user_id = u.id and a.source = 'daily_login'
    )
from demo_people p
where u.id = p.id;

select evolv.rebuild_leaderboards(true);
