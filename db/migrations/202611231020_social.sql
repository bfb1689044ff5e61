-- Follows, blocks, posts, comments, likes, shares and the activity feed, under one rule of visibility.

-- user_blocks ---------------------------------------------------------------------------------------------------------

create table public.user_blocks (
    blocker_id uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    blocked_id uuid not null references public.profiles (id) on delete cascade,
    created_at timestamptz not null default now(),
    primary key (blocker_id, blocked_id),
    check (blocker_id <> blocked_id)
);

create index user_blocks_blocked_id_idx on public.user_blocks (blocked_id);

-- Neither sees the other any more, or both do again.
create function evolv.announce_block()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.announce('sight:' || coalesce(new.blocker_id, old.blocker_id), 'sight:' || coalesce(new.blocked_id, old.blocked_id));
    return null;
end
$$;

create trigger user_blocks_announce
    after insert or delete on public.user_blocks
    for each row execute function evolv.announce_block();

-- Everybody between whom and the caller there is a block, in either direction. Definer: a blocked person must not be able
-- to read who blocked them, but the rule of visibility must know.
create function evolv.hidden_people()
    returns uuid[]
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select array(
        select blocked_id from public.user_blocks where blocker_id = auth.uid()
        union all
        select blocker_id from public.user_blocks where blocked_id = auth.uid()
    )
$$;

grant execute on function evolv.hidden_people to authenticated, service_role;

alter table public.user_blocks enable row level security;

grant select, delete on public.user_blocks to authenticated;
grant insert (blocker_id, blocked_id) on public.user_blocks to authenticated;
grant select, insert, update, delete on public.user_blocks to service_role;

create policy user_blocks_select_own on public.user_blocks
    for select to authenticated
    using (blocker_id = (select auth.uid()));

create policy user_blocks_insert_own on public.user_blocks
    for insert to authenticated
    with check (blocker_id = (select auth.uid()));

create policy user_blocks_delete_own on public.user_blocks
    for delete to authenticated
    using (blocker_id = (select auth.uid()));

-- A follow and a block between the same two people wait for each other, so that the later one knows of the earlier.
create function evolv.lock_pair(one uuid, other uuid)
    returns void
    language sql
    volatile
    set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtextextended('evolv.lock_pair ' || least(one, other) || greatest(one, other), 0))
$$;

-- Personal topics -----------------------------------------------------------------------------------------------------

-- feed:<user_id> and notifications:<user_id> are private channels of one person: they listen, and only the server sends.
create policy messages_select_own_topics on realtime.messages
    for select to authenticated
    using (
        extension = 'broadcast'
        and topic in ('feed:' || (select auth.uid()), 'notifications:' || (select auth.uid()))
    );

-- Tells one person on notifications:<user_id> what happened: ids and small facts, and nothing from whom there is a block
-- between or from themselves. Not granted to anybody: triggers call it. Who loads history says
-- set_config('evolv.quiet', 'on', true), or 'people' if what was earned shall be in the feed (evolv.is_quiet).
create function evolv.notify_person(person uuid, event text, payload jsonb, actor uuid default null)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if current_setting('evolv.quiet', true) <> '' or person = actor or exists (
        select
        from public.user_blocks
        where (blocker_id, blocked_id) in ((person, actor), (actor, person))
    ) then
        return;
    end if;
    perform realtime.send(
        jsonb_strip_nulls(jsonb_build_object('kind', event, 'actor_id', actor)) || payload, event, 'notifications:' || person, true);
end
$$;

create policy profiles_select_authenticated on public.profiles
    for select to authenticated
    using (
        id = (select auth.uid())
        or (deactivated_at is null and id <> all ((select evolv.hidden_people())::uuid[]))
    );

-- user_follows --------------------------------------------------------------------------------------------------------

create table public.user_follows (
    id           uuid primary key default gen_random_uuid(),
    follower_id  uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    following_id uuid not null references public.profiles (id) on delete cascade,
    status       text not null default 'pending' check (status in ('pending', 'accepted')),
    created_at   timestamptz not null default now(),
    unique (follower_id, following_id) include (status), -- the feed reads all followees from the index alone
    check (follower_id <> following_id)
);

create index user_follows_following_id_idx on public.user_follows (following_id, status);

-- Whether a follower must wait is the choice of the person who is followed.
create function evolv.admit_follower()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if auth.uid() is null then
        return new; -- the service says what it means
    end if;
    perform evolv.lock_pair(new.follower_id, new.following_id);
    if exists (
        select
        from public.user_blocks
        where (blocker_id, blocked_id) in ((new.follower_id, new.following_id), (new.following_id, new.follower_id))
    ) then
        raise exception 'this person cannot be followed' using errcode = 'insufficient_privilege';
    end if;
    new.status := case
        when (select follow_approval from public.user_settings where user_id = new.following_id) is false then 'accepted'
        else 'pending'
    end;
    return new;
end
$$;

create trigger user_follows_admit
    before insert on public.user_follows
    for each row execute function evolv.admit_follower();

create function evolv.count_follows()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    change int := 0;
begin
    if tg_op <> 'INSERT' and old.status = 'accepted' then
        change := change - 1;
    end if;
    if tg_op <> 'DELETE' and new.status = 'accepted' then
        change := change + 1;
    end if;
    if change <> 0 then
        -- In the order of ids, so that two people who follow each other at the same time do not deadlock.
        perform from public.profiles
        where id in (coalesce(new.follower_id, old.follower_id), coalesce(new.following_id, old.following_id))
        order by id
        for no key update;
        update public.profiles set following_count = following_count + change where id = coalesce(new.follower_id, old.follower_id);
        update public.profiles set followers_count = followers_count + change where id = coalesce(new.following_id, old.following_id);
    end if;
    return null;
end
$$;

create trigger user_follows_count
    after insert or delete or update of status on public.user_follows
    for each row execute function evolv.count_follows();

create function evolv.tell_follow()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' then
        perform evolv.notify_person(
            new.follower_id, 'follow_accepted', jsonb_build_object('follow_id', new.id), new.following_id);
    else
        perform evolv.notify_person(
            new.following_id,
            case new.status when 'accepted' then 'new_follower' else 'follow_requested' end,
            jsonb_build_object('follow_id', new.id),
            new.follower_id);
    end if;
    return null;
end
$$;

create trigger user_follows_tell
    after insert on public.user_follows
    for each row execute function evolv.tell_follow();

create trigger user_follows_tell_accepted
    after update of status on public.user_follows
    for each row when (old.status = 'pending' and new.status = 'accepted') execute function evolv.tell_follow();

-- After user_follows_count, whose result it tells.
create function evolv.record_follow()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => new.following_id,
        type => 'follow.received',
        object_type => 'profile',
        object_id => new.follower_id,
        actor_id => new.follower_id,
        metadata => jsonb_build_object(
            'followers_count', (select p.followers_count from public.profiles p where p.id = new.following_id),
            'is_mutual', exists (
                select
                from public.user_follows f
                where f.follower_id = new.following_id and f.following_id = new.follower_id and f.status = 'accepted'
            )),
        dedupe_key => format('follow.received %s %s', new.following_id, new.follower_id),
        occurred_at => case tg_op when 'INSERT' then new.created_at end); -- which says when they asked, if they had to
    return null;
end
$$;

create trigger user_follows_event
    after insert on public.user_follows
    for each row when (new.status = 'accepted') execute function evolv.record_follow();

create trigger user_follows_event_accepted
    after update of status on public.user_follows
    for each row when (old.status = 'pending' and new.status = 'accepted') execute function evolv.record_follow();

-- The followed person sees what they saw before.
create function evolv.announce_follow()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.announce('sight:' || coalesce(new.follower_id, old.follower_id));
    return null;
end
$$;

create trigger user_follows_announce
    after insert or delete or update of status on public.user_follows
    for each row execute function evolv.announce_follow();

-- A block ends following in both directions.
create function evolv.unfollow_blocked()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.lock_pair(new.blocker_id, new.blocked_id);
    delete from public.user_follows
    where (follower_id, following_id) in ((new.blocker_id, new.blocked_id), (new.blocked_id, new.blocker_id));
    return null;
end
$$;

create trigger user_blocks_unfollow
    after insert on public.user_blocks
    for each row execute function evolv.unfollow_blocked();

alter table public.user_follows enable row level security;

grant select, delete on public.user_follows to authenticated;
grant insert (follower_id, following_id), update (status) on public.user_follows to authenticated;
grant select, insert, update, delete on public.user_follows to service_role;

create policy user_follows_select_visible on public.user_follows
    for select to authenticated
    using (
        follower_id = (select auth.uid())
        or following_id = (select auth.uid())
        or (
            status = 'accepted'
            and follower_id <> all ((select evolv.hidden_people())::uuid[])
            and following_id <> all ((select evolv.hidden_people())::uuid[])
        )
    );

create policy user_follows_insert_own on public.user_follows
    for insert to authenticated
    with check (follower_id = (select auth.uid()));

-- The followed person accepts. There is no way back to pending; remove the follower instead.
create policy user_follows_update_followed on public.user_follows
    for update to authenticated
    using (following_id = (select auth.uid()))
    with check (following_id = (select auth.uid()) and status = 'accepted');

create policy user_follows_delete_either on public.user_follows
    for delete to authenticated
    using (follower_id = (select auth.uid()) or following_id = (select auth.uid()));

-- Whom the caller follows. Definer: the rule of visibility and the feed ask for all of them at once, and the policies of
-- user_follows have nothing to add.
create function evolv.my_followees()
    returns uuid[]
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select array(select following_id from public.user_follows where follower_id = auth.uid() and status = 'accepted')
$$;

grant execute on function evolv.my_followees to authenticated, service_role;

-- The rule of visibility ----------------------------------------------------------------------------------------------

-- Whether the viewer may see something that `owner` made for this `visibility`. Every policy about content asks this and
-- nothing else. It has no SET and is no definer, so that the planner inlines it: what is the same for all rows (viewer,
-- hidden people, followees) is computed once for a statement, and the followees only if the rule comes to them.
create function evolv.can_view(owner uuid, visibility text, viewer uuid, hidden uuid[], follows boolean)
    returns boolean
    language sql
    stable
    parallel safe
    return case
        when owner = viewer then true
        when owner = any (hidden) then false
        when visibility = 'public' then true
        when visibility = 'followers' then follows
        else false
    end;

grant execute on function evolv.can_view to anon, authenticated, service_role;

-- posts ---------------------------------------------------------------------------------------------------------------

-- What a post may carry: links with an optional kind and text.
create function evolv.are_attachments(attachments jsonb)
    returns boolean
    language sql
    immutable
    parallel safe
    return jsonb_typeof(attachments) = 'array'
        and jsonb_array_length(attachments) <= 10
        -- Each is an object with one address. like_regex alone would pass what is not text, and look for one match in an array.
        and not jsonb_path_exists(attachments, '$[*] ? (
            @.type() != "object"
            || !exists(@.url)
            || @.url.type() != "string"
            || !(@.url like_regex "^https?://[^\\s<>\"'']+$")
        )');

grant execute on function evolv.are_attachments to anon, authenticated, service_role;

create table public.posts (
    id             uuid primary key default gen_random_uuid(),
    user_id        uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    guild_id       uuid references public.guilds (id) on delete cascade,
    content        text not null check (btrim(content) <> '' and length(content) <= 5000),
    attachments    jsonb not null default '[]' check (evolv.are_attachments(attachments)),
    visibility     text not null default 'public' check (visibility in ('public', 'followers', 'private')),
    likes_count    int not null default 0 check (likes_count >= 0),
    comments_count int not null default 0 check (comments_count >= 0),
    shares_count   int not null default 0 check (shares_count >= 0),
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    deleted_at     timestamptz
);

create index posts_user_id_idx on public.posts (user_id, created_at desc);
create index posts_guild_id_idx on public.posts (guild_id, created_at desc) where guild_id is not null;
create index posts_created_at_idx on public.posts (created_at desc, id desc);

-- updated_at tells of edits; counters are not edits. The time of a deletion is the server's.
create function evolv.touch_edited()
    returns trigger
    language plpgsql
    set search_path = ''
as $$
begin
    if new.deleted_at is not null then
        new.deleted_at := coalesce(old.deleted_at, now());
    end if;
    new.updated_at := now();
    return new;
end
$$;

create trigger posts_touch_edited
    before update of content, attachments, visibility, deleted_at on public.posts
    for each row execute function evolv.touch_edited();

-- A new one is announced with its feed item.
create trigger posts_announce
    after update on public.posts
    for each row execute function evolv.announce_row('post');

create function evolv.record_post()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => new.user_id,
        type => 'post.created',
        object_type => 'post',
        object_id => new.id,
        metadata => jsonb_strip_nulls(jsonb_build_object(
            'visibility', new.visibility, 'guild_id', new.guild_id, 'length', length(new.content))),
        dedupe_key => 'post.created ' || new.id,
        occurred_at => new.created_at);
    return null;
end
$$;

create trigger posts_event
    after insert on public.posts
    for each row when (new.deleted_at is null) execute function evolv.record_post();

alter table public.posts enable row level security;

grant select on public.posts to anon;
grant select, delete on public.posts to authenticated;
grant insert (user_id, guild_id, content, attachments, visibility),
    update (content, attachments, visibility, deleted_at)
    on public.posts to authenticated;
grant select, insert, update, delete on public.posts to service_role;

create policy posts_select_anon on public.posts
    for select to anon
    using (
        deleted_at is null
        and evolv.can_view(user_id, visibility, null, null, false)
        and (guild_id is null or exists (select from public.guilds g where g.id = posts.guild_id))
    );

-- The author keeps seeing deleted posts: an UPDATE whose new row nobody may see would be refused.
create policy posts_select_authenticated on public.posts
    for select to authenticated
    using (
        (deleted_at is null or user_id = (select auth.uid()))
        and evolv.can_view(
            user_id, visibility, (select auth.uid()), (select evolv.hidden_people()),
            user_id in (select unnest(evolv.my_followees())))
        and (guild_id is null or user_id = (select auth.uid()) or exists (select from public.guilds g where g.id = posts.guild_id))
    );

create policy posts_insert_own on public.posts
    for insert to authenticated
    with check (user_id = (select auth.uid()) and (guild_id is null or guild_id in (select evolv.my_guild_ids())));

create policy posts_update_own on public.posts
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

create policy posts_delete_own on public.posts
    for delete to authenticated
    using (user_id = (select auth.uid()));

-- Whether another person than the caller sees a post, as the policies above say it of the caller. Not granted to anybody.
create function evolv.sees_post(person uuid, post public.posts)
    returns boolean
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select
        (post.deleted_at is null or post.user_id = person)
        and evolv.can_view(
            post.user_id, post.visibility, person,
            array(
                select blocked_id from public.user_blocks where blocker_id = person
                union all
                select blocker_id from public.user_blocks where blocked_id = person
            ),
            exists (
                select
                from public.user_follows
                where follower_id = person and following_id = post.user_id and status = 'accepted'
            ))
        and (
            post.guild_id is null
            or post.user_id = person
            or exists (
                select
                from public.guilds g
                where g.id = post.guild_id
                    and (
                        g.visibility = 'public'
                        or g.owner_id = person
                        or exists (
                            select
                            from public.guild_members m
                            where m.guild_id = g.id and m.user_id = person and m.state = 'active'
                        )
                    )
            )
        )
$$;

-- post_likes and post_shares -------------------------------------------------------------------------------------------

create table public.post_likes (
    id         uuid primary key default gen_random_uuid(),
    post_id    uuid not null references public.posts (id) on delete cascade,
    user_id    uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    created_at timestamptz not null default now(),
    unique (post_id, user_id)
);

create index post_likes_user_id_idx on public.post_likes (user_id);

create table public.post_shares (
    id         uuid primary key default gen_random_uuid(),
    post_id    uuid not null references public.posts (id) on delete cascade,
    user_id    uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    created_at timestamptz not null default now(),
    unique (post_id, user_id)
);

create index post_shares_user_id_idx on public.post_shares (user_id);

-- Definer: the row-level security of posts hides other people's rows from an UPDATE, which would silently do nothing.
create function evolv.count_post_likes()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        update public.posts set likes_count = likes_count + 1 where id = new.post_id;
    else
        update public.posts set likes_count = likes_count - 1 where id = old.post_id;
    end if;
    return null;
end
$$;

create trigger post_likes_count
    after insert or delete on public.post_likes
    for each row execute function evolv.count_post_likes();

create function evolv.tell_post_like()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.notify_person(
        (select p.user_id from public.posts p where p.id = new.post_id), 'post_liked',
        jsonb_build_object('post_id', new.post_id), new.user_id);
    return null;
end
$$;

create trigger post_likes_tell
    after insert on public.post_likes
    for each row execute function evolv.tell_post_like();

create function evolv.record_post_like()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => (select p.user_id from public.posts p where p.id = new.post_id),
        type => 'post.liked',
        object_type => 'post',
        object_id => new.post_id,
        actor_id => new.user_id,
        dedupe_key => format('post.liked %s %s', new.post_id, new.user_id),
        occurred_at => new.created_at);
    return null;
end
$$;

create trigger post_likes_event
    after insert on public.post_likes
    for each row execute function evolv.record_post_like();

create function evolv.count_post_shares()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        update public.posts set shares_count = shares_count + 1 where id = new.post_id;
    else
        update public.posts set shares_count = shares_count - 1 where id = old.post_id;
    end if;
    return null;
end
$$;

create trigger post_shares_count
    after insert or delete on public.post_shares
    for each row execute function evolv.count_post_shares();

create function evolv.record_post_share()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => (select p.user_id from public.posts p where p.id = new.post_id),
        type => 'post.shared',
        object_type => 'post',
        object_id => new.post_id,
        actor_id => new.user_id,
        dedupe_key => format('post.shared %s %s', new.post_id, new.user_id),
        occurred_at => new.created_at);
    return null;
end
$$;

create trigger post_shares_event
    after insert on public.post_shares
    for each row execute function evolv.record_post_share();

-- What hangs on a post is visible where the post is: the subquery runs under the policies of posts. Who is blocked is not
-- seen there, either.
do $$
declare
    name text;
begin
    foreach name in array array['post_likes', 'post_shares']
    loop
        execute format('alter table public.%I enable row level security', name);
        execute format('grant select on public.%I to anon', name);
        execute format('grant select, delete on public.%I to authenticated', name);
        execute format('grant insert (post_id, user_id) on public.%I to authenticated', name);
        execute format('grant select, insert, update, delete on public.%I to service_role', name);
        execute format(
            'create policy %I on public.%I for select to anon
                using (exists (select from public.posts p where p.id = %I.post_id))',
            name || '_select_anon', name, name);
        execute format(
            'create policy %I on public.%I for select to authenticated
                using (user_id <> all ((select evolv.hidden_people())::uuid[])
                    and exists (select from public.posts p where p.id = %I.post_id))',
            name || '_select_authenticated', name, name);
        execute format(
            'create policy %I on public.%I for insert to authenticated
                with check (user_id = (select auth.uid())
                    and exists (select from public.posts p where p.id = %I.post_id and p.deleted_at is null))',
            name || '_insert_own', name, name);
        execute format(
            'create policy %I on public.%I for delete to authenticated using (user_id = (select auth.uid()))',
            name || '_delete_own', name);
    end loop;
end
$$;

-- comments ------------------------------------------------------------------------------------------------------------

create table public.comments (
    id                uuid primary key default gen_random_uuid(),
    post_id           uuid not null references public.posts (id) on delete cascade,
    user_id           uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    parent_comment_id uuid,
    content           text not null check (btrim(content) <> '' and length(content) <= 1000),
    likes_count       int not null default 0 check (likes_count >= 0),
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    deleted_at        timestamptz,
    unique (post_id, id),
    -- A reply stays under its own post.
    foreign key (post_id, parent_comment_id) references public.comments (post_id, id) on delete cascade
);

create index comments_user_id_idx on public.comments (user_id);
create index comments_parent_idx on public.comments (post_id, parent_comment_id);
create index comments_created_at_idx on public.comments (post_id, created_at);

create trigger comments_touch_edited
    before update of content, deleted_at on public.comments
    for each row execute function evolv.touch_edited();

create function evolv.count_comments()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    change int := 0;
begin
    if tg_op <> 'INSERT' and old.deleted_at is null then
        change := change - 1;
    end if;
    if tg_op <> 'DELETE' and new.deleted_at is null then
        change := change + 1;
    end if;
    if change <> 0 then
        update public.posts set comments_count = comments_count + change where id = coalesce(new.post_id, old.post_id);
    end if;
    return null;
end
$$;

create trigger comments_count
    after insert or delete or update of deleted_at on public.comments
    for each row execute function evolv.count_comments();

-- Tells the author of the comment that is answered, or else of the post. A reply may reach somebody who cannot see the post any
-- more; they are not told.
create function evolv.tell_comment()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    post public.posts;
    answered uuid;
    told constant jsonb := jsonb_strip_nulls(jsonb_build_object(
        'post_id', new.post_id, 'comment_id', new.id, 'parent_comment_id', new.parent_comment_id));
begin
    select * into post from public.posts p where p.id = new.post_id;
    select c.user_id into answered from public.comments c where c.id = new.parent_comment_id and c.deleted_at is null;
    if answered <> new.user_id and evolv.sees_post(answered, post) then
        perform evolv.notify_person(answered, 'comment_replied', told, new.user_id);
    end if;
    if answered is distinct from post.user_id then
        perform evolv.notify_person(post.user_id, 'post_commented', told, new.user_id);
    end if;
    return null;
end
$$;

create trigger comments_tell
    after insert on public.comments
    for each row execute function evolv.tell_comment();

create function evolv.record_comment()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    author constant uuid := (select p.user_id from public.posts p where p.id = new.post_id);
begin
    perform evolv.record_event(
        user_id => new.user_id,
        type => 'comment.created',
        object_type => 'comment',
        object_id => new.id,
        metadata => jsonb_build_object('post_id', new.post_id, 'post_author_id', author),
        dedupe_key => 'comment.created ' || new.id,
        occurred_at => new.created_at);
    if author <> new.user_id then
        perform evolv.record_event(
            user_id => author,
            type => 'post.commented',
            object_type => 'post',
            object_id => new.post_id,
            actor_id => new.user_id,
            metadata => jsonb_build_object('comment_id', new.id),
            dedupe_key => format('post.commented %s %s', new.post_id, new.user_id),
            occurred_at => new.created_at);
    end if;
    return null;
end
$$;

create trigger comments_event
    after insert on public.comments
    for each row when (new.deleted_at is null) execute function evolv.record_comment();

alter table public.comments enable row level security;

grant select on public.comments to anon;
grant select, delete on public.comments to authenticated;
grant insert (post_id, user_id, parent_comment_id, content), update (content, deleted_at) on public.comments to authenticated;
grant select, insert, update, delete on public.comments to service_role;

create policy comments_select_anon on public.comments
    for select to anon
    using (deleted_at is null and exists (select from public.posts p where p.id = comments.post_id));

create policy comments_select_authenticated on public.comments
    for select to authenticated
    using (
        (deleted_at is null or user_id = (select auth.uid()))
        and user_id <> all ((select evolv.hidden_people())::uuid[])
        and (user_id = (select auth.uid()) or exists (select from public.posts p where p.id = comments.post_id))
    );

create policy comments_insert_own on public.comments
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and exists (select from public.posts p where p.id = comments.post_id and p.deleted_at is null)
    );

create policy comments_update_own on public.comments
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

create policy comments_delete_own on public.comments
    for delete to authenticated
    using (user_id = (select auth.uid()));

create table public.comment_likes (
    id         uuid primary key default gen_random_uuid(),
    comment_id uuid not null references public.comments (id) on delete cascade,
    user_id    uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    created_at timestamptz not null default now(),
    unique (comment_id, user_id)
);

create index comment_likes_user_id_idx on public.comment_likes (user_id);

create function evolv.count_comment_likes()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        update public.comments set likes_count = likes_count + 1 where id = new.comment_id;
    else
        update public.comments set likes_count = likes_count - 1 where id = old.comment_id;
    end if;
    return null;
end
$$;

create trigger comment_likes_count
    after insert or delete on public.comment_likes
    for each row execute function evolv.count_comment_likes();

create function evolv.record_comment_like()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => c.user_id,
        type => 'comment.liked',
        object_type => 'comment',
        object_id => c.id,
        actor_id => new.user_id,
        metadata => jsonb_build_object('post_id', c.post_id),
        dedupe_key => format('comment.liked %s %s', c.id, new.user_id),
        occurred_at => new.created_at)
    from public.comments c
    where c.id = new.comment_id;
    return null;
end
$$;

create trigger comment_likes_event
    after insert on public.comment_likes
    for each row execute function evolv.record_comment_like();

alter table public.comment_likes enable row level security;

grant select on public.comment_likes to anon;
grant select, delete on public.comment_likes to authenticated;
grant insert (comment_id, user_id) on public.comment_likes to authenticated;
grant select, insert, update, delete on public.comment_likes to service_role;

create policy comment_likes_select_anon on public.comment_likes
    for select to anon
    using (exists (select from public.comments c where c.id = comment_likes.comment_id));

create policy comment_likes_select_authenticated on public.comment_likes
    for select to authenticated
    using (
        user_id <> all ((select evolv.hidden_people())::uuid[])
        and exists (select from public.comments c where c.id = comment_likes.comment_id)
    );

create policy comment_likes_insert_own on public.comment_likes
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and exists (select from public.comments c where c.id = comment_likes.comment_id and c.deleted_at is null)
    );

create policy comment_likes_delete_own on public.comment_likes
    for delete to authenticated
    using (user_id = (select auth.uid()));

-- feed_items ----------------------------------------------------------------------------------------------------------

-- Something that happened, as a reference: content holds ids and small facts, never a copy of what can change. Triggers
-- keep the item of a post in step with its post.
create table public.feed_items (
    id            uuid primary key default gen_random_uuid(),
    user_id       uuid not null references public.profiles (id) on delete cascade,
    activity_type text not null check (activity_type in ('post', 'achievement', 'skill_update', 'course_completion', 'certification')),
    content       jsonb not null default '{}' check (jsonb_typeof(content) = 'object'),
    visibility    text not null default 'public' check (visibility in ('public', 'followers', 'private')),
    post_id       uuid unique references public.posts (id) on delete cascade,
    guild_id      uuid references public.guilds (id) on delete cascade,
    created_at    timestamptz not null default now(),
    check ((activity_type = 'post') = (post_id is not null))
);

create index feed_items_created_at_idx on public.feed_items (created_at desc, id desc);
create index feed_items_user_id_idx on public.feed_items (user_id, created_at desc, id desc);
create index feed_items_guild_id_idx on public.feed_items (guild_id, created_at desc, id desc) where guild_id is not null;

create trigger feed_items_announce
    after insert or update or delete or truncate on public.feed_items
    for each statement execute function evolv.announce_topic('feed');

alter table public.feed_items enable row level security;

grant select on public.feed_items to anon, authenticated;
grant select, insert, update, delete on public.feed_items to service_role;

create policy feed_items_select_anon on public.feed_items
    for select to anon
    using (
        evolv.can_view(user_id, visibility, null, null, false)
        and (guild_id is null or exists (select from public.guilds g where g.id = feed_items.guild_id))
    );

create policy feed_items_select_authenticated on public.feed_items
    for select to authenticated
    using (
        evolv.can_view(
            user_id, visibility, (select auth.uid()), (select evolv.hidden_people()),
            user_id in (select unnest(evolv.my_followees())))
        and (guild_id is null or user_id = (select auth.uid()) or exists (select from public.guilds g where g.id = feed_items.guild_id))
    );

select evolv.publish_changes('public.user_follows', 'public.posts', 'public.comments', 'public.feed_items');

-- Of these people, who is to be told of these items on feed:<user_id>: who follows the author or is in the guild. Whether they
-- may see the item, the policies say afterwards.
create function evolv.feed_audience(items uuid[], people uuid[])
    returns table (item_id uuid, person uuid)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select f.id, p.person
    from public.feed_items f
    join public.user_follows u on u.following_id = f.user_id and u.status = 'accepted'
    join unnest(people) p (person) on p.person = u.follower_id
    where f.id = any (items)
    union
    select f.id, p.person
    from public.feed_items f
    join public.guild_members m on m.guild_id = f.guild_id and m.state = 'active' and m.user_id <> f.user_id
    join unnest(people) p (person) on p.person = m.user_id
    where f.id = any (items)
$$;

grant execute on function evolv.feed_audience to service_role;

create function evolv.publish_post()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if new.deleted_at is not null then
        delete from public.feed_items where post_id = new.id;
        return null;
    end if;
    insert into public.feed_items (user_id, activity_type, content, visibility, post_id, guild_id, created_at)
    values (new.user_id, 'post', jsonb_build_object('post_id', new.id), new.visibility, new.id, new.guild_id, new.created_at)
    on conflict (post_id) do update set visibility = excluded.visibility;
    return null;
end
$$;

create trigger posts_publish
    after insert or update of visibility, deleted_at on public.posts
    for each row execute function evolv.publish_post();

-- An item about something other than a post, for as many as the person chose in activity_visibility.
create function evolv.publish_activity(user_id uuid, activity_type text, content jsonb, at timestamptz default now())
    returns void
    language sql
    security definer
    set search_path = ''
as $$
    insert into public.feed_items (user_id, activity_type, content, visibility, created_at)
    values (
        publish_activity.user_id, publish_activity.activity_type, publish_activity.content,
        coalesce((select s.activity_visibility from public.user_settings s where s.user_id = publish_activity.user_id), 'private'),
        publish_activity.at)
$$;

-- The choice holds for what happened before, too.
create function evolv.follow_activity_visibility()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    update public.feed_items set visibility = new.activity_visibility where user_id = new.user_id and post_id is null;
    return null;
end
$$;

create trigger user_settings_follow_activity_visibility
    after update of activity_visibility on public.user_settings
    for each row when (old.activity_visibility <> new.activity_visibility) execute function evolv.follow_activity_visibility();

-- When the account goes, so does what the person wrote and whom they knew.
create function evolv.forget_social()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    delete from public.posts where user_id = old.id;
    delete from public.comments where user_id = old.id;
    delete from public.post_likes where user_id = old.id;
    delete from public.post_shares where user_id = old.id;
    delete from public.comment_likes where user_id = old.id;
    delete from public.user_follows where old.id in (follower_id, following_id);
    delete from public.user_blocks where old.id in (blocker_id, blocked_id);
    delete from public.feed_items where user_id = old.id;
    return null;
end
$$;

create trigger users_forget_social
    after delete on auth.users
    for each row execute function evolv.forget_social();
