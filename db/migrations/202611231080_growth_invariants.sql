-- What must be true at every moment, whatever was killed. Each row names a broken promise and one example; no row is good.
create function evolv.invariants()
    returns table (invariant text, violations bigint, example text)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    with broken (invariant, example) as (
        select 'total_xp is the sum of the ledger', l.user_id::text
        from public.user_levels l
        left join (select user_id, sum(amount) as total from public.xp_transactions group by user_id) x using (user_id)
        where l.total_xp <> coalesce(x.total, 0)

        union all
        select 'current_level is the level of total_xp', l.user_id::text
        from public.user_levels l
        where l.current_level <> evolv.level_for(l.total_xp)
            and not exists (select from evolv.pending_events e where e.user_id = l.user_id)

        union all
        select 'an event waits or is settled, and nothing else', e.id::text
        from public.activity_events e
        where exists (select from evolv.pending_events p where p.event_id = e.id)
            = exists (select from evolv.settled_events s where s.event_id = e.id)

        union all
        select 'a history can be settled', f.user_id::text
        from evolv.settle_failures f

        union all
        select 'every profile has a standing', p.id::text
        from public.profiles p
        where not exists (select from public.user_levels l where l.user_id = p.id)

        union all
        select 'every account has a profile', u.id::text
        from auth.users u
        where not exists (select from public.profiles p where p.id = u.id)

        union all
        select 'a tier of a badge is held once', ub.user_id || ' ' || ub.badge_id
        from public.user_badges ub
        join public.badge_rule_versions v on v.id = ub.rule_version_id and not v.rule @> '{"repeat": true}'
        where ub.revoked_at is null
        group by ub.user_id, ub.badge_id, ub.tier
        having count(*) > 1

        union all
        select 'the reward of a badge is in the ledger', ub.user_id || ' ' || ub.badge_id
        from public.user_badges ub
        join public.badge_rule_versions v on v.id = ub.rule_version_id
        where ub.revoked_at is null and evolv.badge_points(v, ub.tier) > 0 and ub.earned_at >= v.published_at
            and not exists (select from public.xp_transactions x where x.user_id = ub.user_id and x.badge_id = ub.badge_id)

        union all
        select 'a reward in the ledger has its badge', x.user_id || ' ' || x.badge_id
        from public.xp_transactions x
        where x.badge_id is not null and x.reversal_of is null
            and not exists (select from public.xp_transactions r where r.reversal_of = x.id)
            and not exists (
                select
                from public.user_badges ub
                where ub.user_id = x.user_id and ub.badge_id = x.badge_id and ub.revoked_at is null
                    and x.award_key = format('%s %s %s', ub.badge_id, ub.tier, ub.seq)
            )

        union all
        select 'a finished idempotent request has its answer', k.scope || ' ' || k.key
        from evolv.idempotency_keys k
        where k.response is null

        union all
        select 'posts.likes_count', p.id::text
        from public.posts p
        where p.likes_count <> (select count(*) from public.post_likes c where c.post_id = p.id)

        union all
        select 'posts.shares_count', p.id::text
        from public.posts p
        where p.shares_count <> (select count(*) from public.post_shares c where c.post_id = p.id)

        union all
        select 'posts.comments_count', p.id::text
        from public.posts p
        where p.comments_count <> (select count(*) from public.comments c where c.post_id = p.id and c.deleted_at is null)

        union all
        select 'comments.likes_count', m.id::text
        from public.comments m
        where m.likes_count <> (select count(*) from public.comment_likes c where c.comment_id = m.id)

        union all
        select 'profiles.followers_count', p.id::text
        from public.profiles p
        where p.followers_count <> (
            select count(*) from public.user_follows f where f.following_id = p.id and f.status = 'accepted')

        union all
        select 'profiles.following_count', p.id::text
        from public.profiles p
        where p.following_count <> (
            select count(*) from public.user_follows f where f.follower_id = p.id and f.status = 'accepted')

        union all
        select 'guilds.members_count', g.id::text
        from public.guilds g
        where g.members_count <> (select count(*) from public.guild_members m where m.guild_id = g.id and m.state = 'active')

        union all
        select 'learning_paths.total_steps', p.id::text
        from public.learning_paths p
        where p.total_steps <> (select count(*) from public.learning_path_steps s where s.path_id = p.id)

        union all
        select 'learning_paths.enrollment_count', p.id::text
        from public.learning_paths p
        where p.enrollment_count <> (select count(*) from public.learning_path_enrollments e where e.path_id = p.id)

        union all
        select 'learning_paths.reviews_count', p.id::text
        from public.learning_paths p
        where p.reviews_count <> (select count(*) from public.path_reviews r where r.path_id = p.id)

        union all
        select 'progress is done steps of all steps', e.id::text
        from public.learning_path_enrollments e
        where e.completed_at is null
            and e.completion_percentage <> (
                select coalesce(round(100.0 * count(g.id) / nullif(count(s.id), 0), 2), 0)
                from public.learning_path_steps s
                left join public.learning_path_step_progress g
                    on g.step_id = s.id and g.enrollment_id = e.id and g.status in ('completed', 'skipped')
                where s.path_id = e.path_id)

        union all
        select 'leaderboards: ' || l.problem, l.example
        from evolv.leaderboard_problems() l

        union all
        select 'the feed item of a post agrees with it', p.id::text
        from public.posts p
        left join public.feed_items f on f.post_id = p.id
        where (p.deleted_at is null) <> (f.id is not null) or f.visibility <> p.visibility or f.user_id <> p.user_id
    )
    select b.invariant, count(*), min(b.example) from broken b group by b.invariant order by b.invariant
$$;

grant execute on function evolv.invariants to service_role;
