-- Figures for whoever operates Evolv, not for people: read by the server every now and then.

-- What people did and earned since the beginning. All but the requests by status come from what is never changed, so they only grow. There is a
-- row for every label, also before anything has happened.
create function evolv.activity_figures()
    returns table (figure text, tag text, label text, tag2 text, label2 text, total double precision)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    with events as materialized (
        select e.type, count(*) as total
        from public.activity_events e
        where e.type in (
            'comment.created', 'post.liked', 'comment.liked', 'path.enrolled', 'path.completed', 'certification.issued')
        group by e.type
    ),
    named (figure, tag, label, type) as (
        values
            ('evolv.comments.created', null, null, 'comment.created'),
            ('evolv.likes.created', 'object', 'post', 'post.liked'),
            ('evolv.likes.created', 'object', 'comment', 'comment.liked'),
            ('evolv.paths.enrollments', null, null, 'path.enrolled'),
            ('evolv.paths.completions', null, null, 'path.completed'),
            ('evolv.certifications.issued', null, null, 'certification.issued')
    ),
    sources as (
        select s.source, coalesce(sum(x.amount) filter (where x.amount > 0), 0) as xp,
            count(x.id) filter (where x.amount > 0) as paid, count(x.id) filter (where x.amount < 0) as reversed
        from unnest(array[
            'course_completion', 'skill_mastery', 'social_interaction', 'quiz_completion', 'project_submission', 'daily_login',
            'achievement_unlock']) s (source)
        left join public.xp_transactions x on x.source = s.source
        group by s.source
    )
    select n.figure, n.tag, n.label, null::text, null::text, coalesce(e.total, 0)::float8
    from named n
    left join events e using (type)

    union all
    select 'evolv.posts.created', 'visibility', v.visibility, null, null, count(e.id)
    from unnest(array['public', 'followers', 'private']) v (visibility)
    left join public.activity_events e on e.type = 'post.created' and e.metadata ->> 'visibility' = v.visibility
    group by v.visibility

    union all
    select 'evolv.certifications.requests', 'status', s.status, null, null, count(r.id)
    from unnest(array['pending', 'under_review', 'approved', 'rejected']) s (status)
    left join public.certification_requests r on r.status = s.status
    group by s.status

    union all
    select 'evolv.badges.awarded', 'rarity', r.rarity, null, null, count(ub.id)
    from unnest(array['common', 'rare', 'epic', 'legendary']) r (rarity)
    left join (public.badges b join public.user_badges ub on ub.badge_id = b.id) on b.rarity = r.rarity
    group by r.rarity

    union all
    select 'evolv.level.ups', null, null, null, null, count(*)
    from evolv.derived_events d
    where d.type = 'level.reached'

    union all
    select 'evolv.xp.awarded', 'source', s.source, null, null, s.xp from sources s
    union all
    select 'evolv.xp.awards', 'source', s.source, 'result', 'paid', s.paid from sources s
    union all
    select 'evolv.xp.awards', 'source', s.source, 'result', 'reversed', s.reversed from sources s
$$;

-- Events that wait for their awards, and for how long the oldest has.
create function evolv.award_queue()
    returns table (waiting bigint, oldest_seconds double precision)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select count(*), coalesce(extract(epoch from greatest(clock_timestamp() - min(p.occurred_at), '0')), 0)::float8
    from evolv.pending_events p
$$;

-- People whose XP is not the sum of their ledger. There are none; this is the alarm.
create function evolv.ledger_mismatches()
    returns bigint
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select count(*)
    from public.user_levels l
    left join (select x.user_id, sum(x.amount) as total from public.xp_transactions x group by x.user_id) x using (user_id)
    where l.total_xp <> coalesce(x.total, 0)
$$;

grant execute on function evolv.activity_figures, evolv.award_queue, evolv.ledger_mismatches to service_role;
