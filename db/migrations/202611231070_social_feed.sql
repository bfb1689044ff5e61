-- GET /functions/v1/get-feed.

-- One page of the caller's feed as JSON: {feed: […], pagination: {…}}. Security invoker: the policies of feed_items, posts
-- and profiles decide what is in it. Keyset paging on (created_at, id); `skip` serves the seed's page numbers.
--
-- The plans are generic, so that a call does not plan: hence the constant inner limits, which tell the planner how few
-- rows are wanted where the true limit is a parameter.
create function evolv.get_feed(filter text, page_limit int, before_at timestamptz, before_id uuid, page int)
    returns json
    language plpgsql
    stable
    set search_path = ''
    set plan_cache_mode = force_generic_plan
as $$
declare
    skip constant int := (page - 1) * page_limit;
    wanted constant int := skip + page_limit + 1; -- one more tells whether there is a next page
    followees uuid[];
    people uuid[];
    least_at timestamptz;
    items public.feed_items[];
begin
    if filter = 'all' then
        items := array(
            select i
            from (
                select f
                from public.feed_items f
                where (f.created_at, f.id) < (before_at, before_id)
                order by f.created_at desc, f.id desc
                limit 1001
            ) i (i)
            limit wanted);
    elsif filter = 'guilds' then
        items := array(
            select i
            from (
                select f
                from public.feed_items f
                where f.guild_id in (select evolv.my_guild_ids()) and (f.created_at, f.id) < (before_at, before_id)
                order by f.created_at desc, f.id desc
                limit 1001
            ) i (i)
            limit wanted);
    else
        followees := evolv.my_followees();

        -- Who follows many finds the page among the newest items of all: walk those and keep what is followed.
        if cardinality(followees) >= 500 then
            items := array(
                select row(i.*)::public.feed_items
                from (
                    select f.*
                    from public.feed_items f
                    where (f.created_at, f.id) < (before_at, before_id)
                    order by f.created_at desc, f.id desc
                    limit 20000
                ) i
                where (i.user_id in (select unnest(followees))) is true
                limit wanted);
        end if;

        -- Who follows few, or whose followees are silent: the newest item of each person tells who is on the page, and the
        -- oldest of those how far back it reaches.
        if cardinality(followees) < 500 or cardinality(items) < wanted then
            select array_agg(h.person), coalesce((array_agg(h.created_at))[wanted], '-infinity')
            into people, least_at
            from (
                select u.person, newest.created_at
                from unnest(followees) u (person)
                cross join lateral (
                    select f.created_at, f.id
                    from public.feed_items f
                    where f.user_id = u.person and (f.created_at, f.id) < (before_at, before_id)
                    order by f.created_at desc, f.id desc
                    limit 1
                ) newest
                order by newest.created_at desc, newest.id desc
                limit wanted
            ) h;
            items := array(
                select i.f
                from unnest(people) u (person)
                cross join lateral (
                    select f
                    from public.feed_items f
                    where f.user_id = u.person
                        and (f.created_at, f.id) < (before_at, before_id)
                        and f.created_at >= least_at
                    order by f.created_at desc, f.id desc
                    limit wanted
                ) i
                order by (i.f).created_at desc, (i.f).id desc
                limit wanted);
        end if;
    end if;

    return (
        select json_build_object(
            'feed', coalesce(json_agg(
                json_build_object(
                    'id', i.id,
                    'user_id', i.user_id,
                    'activity_type', i.activity_type,
                    'content', case
                        when p.id is not null then json_build_object(
                            'post_id', p.id, 'content', p.content, 'attachments', p.attachments, 'likes_count', p.likes_count,
                            'comments_count', p.comments_count, 'shares_count', p.shares_count, 'updated_at', p.updated_at)
                        when b.id is not null then json_build_object(
                            'badge_id', b.id, 'name', b.name, 'description', b.description, 'icon_url', b.icon_url, 'rarity', b.rarity)
                        else i.content::json
                    end,
                    'visibility', i.visibility,
                    'guild_id', i.guild_id,
                    'created_at', i.created_at,
                    'profiles', case when a.id is not null then json_build_object(
                        'id', a.id, 'full_name', a.full_name, 'avatar_url', a.avatar_url, 'user_type', a.user_type) end)
                order by i.position), '[]'),
            'pagination', json_build_object(
                'page', page,
                'limit', page_limit,
                'has_next', cardinality(items) = wanted,
                'next_cursor', case when cardinality(items) = wanted then
                    (extract(epoch from items[wanted - 1].created_at) * 1000000)::bigint || '_' || items[wanted - 1].id end))
        from unnest(items[skip + 1:wanted - 1]) with ordinality as
            i (id, user_id, activity_type, content, visibility, post_id, guild_id, created_at, position)
        left join public.profiles a on a.id = i.user_id
        left join public.posts p on p.id = i.post_id
        left join public.badges b on i.activity_type = 'achievement' and b.id = (i.content ->> 'badge_id')::uuid
    );
end
$$;

grant execute on function evolv.get_feed to authenticated, service_role;
