-- Guilds: groups with an owner, moderators and members.

create table public.guilds (
    id            uuid primary key default gen_random_uuid(),
    slug          text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 60),
    name          text not null check (btrim(name) <> '' and length(name) <= 120),
    description   text not null default '' check (length(description) <= 2000),
    avatar_url    text check (evolv.is_web_url(avatar_url)),
    visibility    text not null default 'public' check (visibility in ('public', 'private')),
    join_mode     text not null default 'open' check (join_mode in ('open', 'request', 'invite')),
    owner_id      uuid not null default auth.uid() references public.profiles (id),
    members_count int not null default 0 check (members_count >= 0),
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now()
);

create index guilds_owner_id_idx on public.guilds (owner_id);

create trigger guilds_touch_updated_at
    before update on public.guilds
    for each row execute function evolv.touch_updated_at();

create table public.guild_members (
    id         uuid primary key default gen_random_uuid(),
    guild_id   uuid not null references public.guilds (id) on delete cascade,
    user_id    uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    role       text not null default 'member' check (role in ('owner', 'moderator', 'member')),
    state      text not null default 'active' check (state in ('active', 'requested', 'invited', 'banned')),
    joined_at  timestamptz not null default now(),
    unique (guild_id, user_id)
);

create index guild_members_user_id_idx on public.guild_members (user_id, state);
create unique index guild_members_owner_idx on public.guild_members (guild_id) where role = 'owner';

select evolv.publish_changes('public.guild_members');

create trigger guilds_announce
    after update of visibility, owner_id or delete on public.guilds
    for each row execute function evolv.announce_topic('guilds');

create trigger guild_members_announce
    after insert or update or delete on public.guild_members
    for each row execute function evolv.announce_person('sight');

-- The guilds of the caller. Definer: the policies of both tables ask it, and would otherwise ask each other.
create function evolv.my_guild_ids()
    returns setof uuid
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select guild_id from public.guild_members where user_id = auth.uid() and state = 'active'
$$;

create function evolv.my_moderated_guild_ids()
    returns setof uuid
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select guild_id
    from public.guild_members
    where user_id = auth.uid() and state = 'active' and role in ('owner', 'moderator')
$$;

grant execute on function evolv.my_guild_ids, evolv.my_moderated_guild_ids to authenticated, service_role;

-- The founder is the owner; nobody founds a guild in another's name.
create function evolv.add_guild_owner()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into public.guild_members (guild_id, user_id, role, state) values (new.id, new.owner_id, 'owner', 'active');
    return null;
end
$$;

create trigger guilds_add_owner
    after insert on public.guilds
    for each row execute function evolv.add_guild_owner();

-- How one gets in is the guild's choice, not the client's. Moderators invite others; the owner's row comes from the guild.
create function evolv.admit_guild_member()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    guild public.guilds;
begin
    if new.role = 'owner' or auth.uid() is null then
        return new; -- the guild's own trigger, or the service
    end if;

    select * into guild from public.guilds where id = new.guild_id;
    new.role := 'member';
    new.joined_at := now();
    if new.user_id <> auth.uid() then
        new.state := 'invited';
    elsif guild.join_mode = 'open' then
        new.state := 'active';
    elsif guild.join_mode = 'invite' and guild.visibility = 'public' then
        raise exception 'this guild takes members by invitation only' using errcode = 'insufficient_privilege';
    else
        new.state := 'requested'; -- of a hidden guild the policy refuses it, in the same words as of none
    end if;
    return new;
end
$$;

create trigger guild_members_admit
    before insert on public.guild_members
    for each row execute function evolv.admit_guild_member();

-- Who may move a membership from where to where.
create function evolv.check_guild_member_change()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    moderates boolean := new.guild_id in (select evolv.my_moderated_guild_ids());
begin
    if auth.uid() is null then
        return new; -- the service
    end if;
    if old.role = 'owner' or new.role = 'owner' then
        raise exception 'the owner of a guild changes by transfer only' using errcode = 'insufficient_privilege';
    end if;
    if new.role <> old.role and not moderates then
        raise exception 'only moderators give roles' using errcode = 'insufficient_privilege';
    end if;
    -- The invited person accepts; moderators accept requests, ban and lift bans; nobody activates an invited person.
    if new.state <> old.state and not (
        (old.user_id = auth.uid() and old.state = 'invited' and new.state = 'active')
        or (moderates and old.user_id <> auth.uid() and old.state <> 'invited' and new.state in ('active', 'banned'))
    ) then
        raise exception 'a membership cannot go from % to % this way', old.state, new.state
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;

create trigger guild_members_check_change
    before update on public.guild_members
    for each row execute function evolv.check_guild_member_change();

create function evolv.count_guild_members()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    change int := 0;
begin
    if tg_op <> 'INSERT' and old.state = 'active' then
        change := change - 1;
    end if;
    if tg_op <> 'DELETE' and new.state = 'active' then
        change := change + 1;
    end if;
    if change <> 0 then
        update public.guilds set members_count = members_count + change where id = coalesce(new.guild_id, old.guild_id);
    end if;
    return null;
end
$$;

create trigger guild_members_count
    after insert or delete or update of state on public.guild_members
    for each row execute function evolv.count_guild_members();

create function evolv.record_founding()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => new.owner_id,
        type => 'guild.founded',
        object_type => 'guild',
        object_id => new.id,
        dedupe_key => 'guild.founded ' || new.id,
        occurred_at => new.created_at);
    return null;
end
$$;

create trigger guilds_event
    after insert on public.guilds
    for each row execute function evolv.record_founding();

create function evolv.record_membership()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => new.user_id,
        type => 'guild.joined',
        object_type => 'guild',
        object_id => new.guild_id,
        metadata => jsonb_build_object('role', new.role),
        dedupe_key => format('guild.joined %s %s', new.guild_id, new.user_id),
        occurred_at => case tg_op when 'INSERT' then new.joined_at end); -- which says when they asked, if they had to
    return null;
end
$$;

create trigger guild_members_event
    after insert on public.guild_members
    for each row when (new.state = 'active' and new.role <> 'owner') execute function evolv.record_membership();

create trigger guild_members_event_active
    after update of state on public.guild_members
    for each row when (new.state = 'active' and old.state <> 'active' and new.role <> 'owner')
    execute function evolv.record_membership();

-- Who has a say in a guild, and who was put out of it.
create trigger guilds_audit_owner
    after update of owner_id on public.guilds
    for each row when (old.owner_id <> new.owner_id) execute function audit.record('guild.owner_changed', 'guild', 'id', 'owner_id');

create trigger guild_members_audit_role
    after update of role on public.guild_members
    for each row when (old.role <> new.role) execute function audit.record('guild.role_changed', 'guild', 'guild_id', 'role');

create trigger guild_members_audit_ban
    after update of state on public.guild_members
    for each row when ((old.state = 'banned') <> (new.state = 'banned'))
    execute function audit.record('guild.ban_changed', 'guild', 'guild_id', 'state');

create trigger guilds_audit_removed
    after delete on public.guilds
    for each row execute function audit.record('guild.removed', 'guild', 'id', 'owner_id');

-- Not of those who leave, and not of each member of a guild that goes as a whole.
create function evolv.audit_member_removal()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if exists (select from public.guilds g where g.id = old.guild_id) then
        perform audit.append(
            'guild.member_removed', old.user_id, 'guild', old.guild_id::text, jsonb_build_object('role', old.role, 'state', old.state));
    end if;
    return null;
end
$$;

create trigger guild_members_audit_removed
    after delete on public.guild_members
    for each row when (auth.uid() is distinct from old.user_id) execute function evolv.audit_member_removal();

alter table public.guilds enable row level security;
alter table public.guild_members enable row level security;

grant select on public.guilds to anon;
grant select, delete on public.guilds to authenticated;
grant insert (slug, name, description, avatar_url, visibility, join_mode),
    update (name, description, avatar_url, visibility, join_mode)
    on public.guilds to authenticated;
grant select, insert, update, delete on public.guilds to service_role;

create policy guilds_select_anon on public.guilds
    for select to anon
    using (visibility = 'public');

create policy guilds_select_authenticated on public.guilds
    for select to authenticated
    using (visibility = 'public' or owner_id = (select auth.uid()) or id in (select evolv.my_guild_ids()));

create policy guilds_insert_own on public.guilds
    for insert to authenticated
    with check (owner_id = (select auth.uid()));

create policy guilds_update_own on public.guilds
    for update to authenticated
    using (owner_id = (select auth.uid()))
    with check (owner_id = (select auth.uid()));

create policy guilds_delete_own on public.guilds
    for delete to authenticated
    using (owner_id = (select auth.uid()));

grant select, delete on public.guild_members to authenticated;
grant insert (guild_id, user_id), update (role, state) on public.guild_members to authenticated;
grant select, insert, update, delete on public.guild_members to service_role;

create policy guild_members_select_visible on public.guild_members
    for select to authenticated
    using (
        user_id = (select auth.uid())
        or guild_id in (select evolv.my_moderated_guild_ids())
        or (state = 'active' and exists (select from public.guilds g where g.id = guild_members.guild_id))
    );

create policy guild_members_insert_own_or_invite on public.guild_members
    for insert to authenticated
    with check (
        (user_id = (select auth.uid()) and exists (select from public.guilds g where g.id = guild_members.guild_id))
        or guild_id in (select evolv.my_moderated_guild_ids())
    );

create policy guild_members_update_own_or_moderator on public.guild_members
    for update to authenticated
    using (user_id = (select auth.uid()) or guild_id in (select evolv.my_moderated_guild_ids()))
    with check (user_id = (select auth.uid()) or guild_id in (select evolv.my_moderated_guild_ids()));

-- One may leave and moderators may remove; the owner may not leave the guild without an owner, and a ban is not left.
create policy guild_members_delete_own_or_moderator on public.guild_members
    for delete to authenticated
    using (
        role <> 'owner'
        and ((user_id = (select auth.uid()) and state <> 'banned') or guild_id in (select evolv.my_moderated_guild_ids()))
    );

-- When the account goes, its memberships go; a guild whose owner is gone stays with the removed name until it is handed on.
create function evolv.forget_guilds()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    delete from public.guild_members where user_id = old.id and role <> 'owner';
    return null;
end
$$;

create trigger users_forget_guilds
    after delete on auth.users
    for each row execute function evolv.forget_guilds();
