-- People: who they are to others (profiles), their private settings, and what they may do (user_roles).

create schema evolv; -- Helpers, rules and internal tables. /rest/v1 does not expose it.
grant usage on schema evolv to anon, authenticated, service_role;

-- Closed by default, on hosted Supabase too, where new tables are granted to everybody.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;

create function evolv.touch_updated_at()
    returns trigger
    language plpgsql
    set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end
$$;

-- Only links that a browser may follow safely: no javascript:, data: or file:.
create function evolv.is_web_url(url text)
    returns boolean
    language sql
    immutable
    parallel safe
    return url ~ '^https?://[^\s<>"'']+$' and length(url) <= 2048;

grant execute on function evolv.is_web_url to anon, authenticated, service_role;

-- For migrations: from here on /realtime/v1 tells of changes of these tables, each to those who may see the row. Only of tables
-- with row-level security, and only of those whose primary key tells nothing: a deleted row cannot be asked about any more, so
-- its key goes to all who subscribed. That is why user_blocks and user_roles, whose keys are people, are not published.
create function evolv.publish_changes(variadic tables regclass[])
    returns void
    language plpgsql
    set search_path = ''
as $$
declare
    published oid := (select oid from pg_catalog.pg_publication where pubname = 'supabase_realtime' and not puballtables);
    name regclass;
begin
    foreach name in array tables loop
        if published is not null
            and not exists (select from pg_catalog.pg_publication_rel where prpubid = published and prrelid = name) then
            execute format('alter publication supabase_realtime add table %s', name);
        end if;
    end loop;
end
$$;

-- What has changed, for caches --------------------------------------------------------------------------------------------

-- Says in the log of changes that answers about these topics are old: 'feed', or 'post:<id>' for one of many. With the transaction,
-- so it is heard when the change is seen, and never if it is rolled back. Which answer is made old by which topic is in
-- src/Evolv/Features/CacheKeys.cs. A definer, since not everybody may speak in the log on every PostgreSQL.
create function evolv.announce(variadic topics text[])
    returns void
    language sql
    volatile
    security definer
    set search_path = ''
as $$
    select pg_catalog.pg_logical_emit_message(true, 'evolv.changed', array_to_string(topics, ' '))
$$;

-- For each statement: create trigger … execute function evolv.announce_topic('skills').
create function evolv.announce_topic()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.announce(variadic tg_argv);
    return null;
end
$$;

-- For each row of a table with an id: announce_row('post') says post:<id>. Further words are topics of their own.
create function evolv.announce_row()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.announce(variadic array[tg_argv[0] || ':' || coalesce(new.id, old.id)] || tg_argv[1:]);
    return null;
end
$$;

-- For each row of a table with a user_id: announce_person('sight') says sight:<user_id>.
create function evolv.announce_person()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.announce(variadic array[tg_argv[0] || ':' || coalesce(new.user_id, old.user_id)] || tg_argv[1:]);
    return null;
end
$$;

-- profiles -----------------------------------------------------------------------------------------------------------

-- What everybody may know of a person. The id is the one of auth.users, without a foreign key: the ledger and the
-- certificates of a person outlive the account, with the name removed.
create table public.profiles (
    id              uuid primary key,
    handle          text unique check (handle ~ '^[a-z0-9_]{3,30}$'),
    full_name       text not null default '' check (length(full_name) <= 120),
    avatar_url      text check (evolv.is_web_url(avatar_url)),
    bio             text not null default '' check (length(bio) <= 2000),
    user_type       text not null default 'student' check (user_type in ('student', 'teacher', 'alumni', 'professional')),
    is_guest        boolean not null default false,
    followers_count int not null default 0 check (followers_count >= 0),
    following_count int not null default 0 check (following_count >= 0),
    deactivated_at  timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);

comment on column public.profiles.user_type is 'For display. What a person may do is in user_roles.';

create trigger profiles_touch_updated_at
    before update on public.profiles
    for each row execute function evolv.touch_updated_at();

-- Not for the counters: no cached answer shows them.
create trigger profiles_announce
    after update of full_name, avatar_url, user_type, is_guest, deactivated_at on public.profiles
    for each row execute function evolv.announce_row('profile', 'leaderboards');

-- What only the person may know and set.
create table public.user_settings (
    user_id             uuid primary key references public.profiles (id) on delete cascade,
    time_zone           text not null default 'UTC',
    locale              text not null default 'en' check (locale ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    follow_approval     boolean not null default true,
    activity_visibility text not null default 'public' check (activity_visibility in ('public', 'followers', 'private')),
    leaderboard_mode    text not null default 'public' check (leaderboard_mode in ('public', 'anonymous', 'hidden')),
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now()
);

comment on column public.user_settings.follow_approval is
    'New followers wait for approval. Without it everybody could follow and then read what is for followers.';

create function evolv.check_time_zone()
    returns trigger
    language plpgsql
    set search_path = ''
as $$
begin
    -- Tries the name; a look into pg_timezone_names reads all files of the database of zones.
    if new.time_zone !~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$' then
        raise invalid_parameter_value;
    end if;
    perform now() at time zone new.time_zone;
    return new;
exception
    when invalid_parameter_value then
        raise exception 'time_zone "%" is not known', new.time_zone
            using errcode = 'check_violation', hint = 'Use a name of the IANA time zone database, such as Europe/Berlin.';
end
$$;

create trigger user_settings_check_time_zone
    before insert or update of time_zone on public.user_settings
    for each row when (new.time_zone <> 'UTC') execute function evolv.check_time_zone();

create trigger user_settings_touch_updated_at
    before update on public.user_settings
    for each row execute function evolv.touch_updated_at();

create trigger user_settings_announce
    after update of leaderboard_mode on public.user_settings
    for each row execute function evolv.announce_topic('leaderboards');

-- In which zone a person was when: a day of a streak is a day of the person, wherever they were.
create table public.profile_zone_history (
    id        uuid primary key default gen_random_uuid(),
    user_id   uuid not null references public.profiles (id) on delete cascade,
    time_zone text not null,
    since     timestamptz not null default clock_timestamp(),
    until     timestamptz not null default 'infinity' check (until >= since),
    unique (user_id, since)
);

create function evolv.record_zone()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    moment constant timestamptz := clock_timestamp();
begin
    if tg_op = 'INSERT' then
        insert into public.profile_zone_history (user_id, time_zone, since)
        values (new.user_id, new.time_zone, '-infinity')
        on conflict (user_id, since) do nothing;
        if found then
            return null;
        end if;
    end if;
    update public.profile_zone_history set until = moment where user_id = new.user_id and until = 'infinity';
    insert into public.profile_zone_history (user_id, time_zone, since) values (new.user_id, new.time_zone, moment);
    return null;
end
$$;

create trigger user_settings_record_first_zone
    after insert on public.user_settings
    for each row execute function evolv.record_zone();

create trigger user_settings_record_zone
    after update of time_zone on public.user_settings
    for each row when (old.time_zone <> new.time_zone) execute function evolv.record_zone();

-- user_roles ---------------------------------------------------------------------------------------------------------

create table public.user_roles (
    user_id    uuid not null references public.profiles (id) on delete cascade,
    role       text not null check (role in ('admin', 'moderator', 'teacher', 'reviewer')),
    granted_by uuid references public.profiles (id) on delete set null,
    granted_at timestamptz not null default now(),
    expires_at timestamptz,
    primary key (user_id, role)
);

create index user_roles_granted_by_idx on public.user_roles (granted_by);

-- sight:<id>: what the person may see is another.
create trigger user_roles_announce
    after insert or update or delete on public.user_roles
    for each row execute function evolv.announce_person('sight');

-- Whether the caller holds one of these roles now. Definer: policies of user_roles itself ask it.
create function evolv.has_role(variadic roles text[])
    returns boolean
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select exists (
        select
        from public.user_roles r
        where r.user_id = auth.uid()
            and r.role = any (roles)
            and (r.expires_at is null or r.expires_at > now())
    )
$$;

grant execute on function evolv.has_role to anon, authenticated, service_role;

-- What access tokens say of an account besides what is written in it: app_metadata.roles. Policies ask evolv.has_role, which is never old;
-- clients read this to show what a person may do.
create function evolv.account_claims(user_id uuid)
    returns jsonb
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select coalesce(
        (
            select jsonb_build_object('roles', jsonb_agg(r.role order by r.role))
            from public.user_roles r
            where r.user_id = account_claims.user_id and (r.expires_at is null or r.expires_at > now())
            having count(*) > 0
        ),
        '{}')
$$;

-- Every access token passes through it before it is signed. Operators replace it (create or replace function) to add claims. It is given
-- {"user_id", "authentication_method", "claims"} and answers {"claims": {…}}, which must keep the ones that are there, or
-- {"error": {"http_code": 403, "message": "…"}} to refuse.
create function evolv.access_token_hook(event jsonb)
    returns jsonb
    language sql
    stable
    set search_path = ''
    return jsonb_build_object('claims', event -> 'claims');

grant usage on schema evolv to supabase_auth_admin;
grant execute on function evolv.account_claims, evolv.access_token_hook to supabase_auth_admin;

alter table public.profiles enable row level security;
alter table public.user_settings enable row level security;
alter table public.profile_zone_history enable row level security;
alter table public.user_roles enable row level security;

grant select on public.profiles to anon, authenticated;
grant update (handle, full_name, avatar_url, bio) on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;

create policy profiles_select_anon on public.profiles
    for select to anon
    using (deactivated_at is null);

-- profiles_select_authenticated is in the slice social, because it honours blocks.

-- An access token outlives its account for a while; it does not bring the removed name back.
create policy profiles_update_own on public.profiles
    for update to authenticated
    using (id = (select auth.uid()) and deactivated_at is null)
    with check (id = (select auth.uid()));

grant select on public.user_settings to authenticated;
grant update (time_zone, locale, follow_approval, activity_visibility, leaderboard_mode)
    on public.user_settings to authenticated;
grant select, insert, update, delete on public.user_settings to service_role;

create policy user_settings_select_own on public.user_settings
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy user_settings_update_own on public.user_settings
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

grant select on public.profile_zone_history to authenticated;
grant select, insert, update, delete on public.profile_zone_history to service_role;

create policy profile_zone_history_select_own on public.profile_zone_history
    for select to authenticated
    using (user_id = (select auth.uid()));

grant select, delete on public.user_roles to authenticated;
grant insert (user_id, role, expires_at) on public.user_roles to authenticated;
grant select, insert, update, delete on public.user_roles to service_role;

create policy user_roles_select_own_or_admin on public.user_roles
    for select to authenticated
    using (user_id = (select auth.uid()) or (select evolv.has_role('admin')));

create policy user_roles_insert_admin on public.user_roles
    for insert to authenticated
    with check ((select evolv.has_role('admin')));

create policy user_roles_delete_admin on public.user_roles
    for delete to authenticated
    using ((select evolv.has_role('admin')));

create function evolv.record_role_grant()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    new.granted_by := auth.uid();
    new.granted_at := now();
    return new;
end
$$;

create trigger user_roles_record_grant
    before insert on public.user_roles
    for each row execute function evolv.record_role_grant();

create trigger user_roles_audit_granted
    after insert on public.user_roles
    for each row execute function audit.record('role.granted', 'role', 'role', 'expires_at');

create trigger user_roles_audit_changed
    after update on public.user_roles
    for each row when (old.* is distinct from new.*) execute function audit.record('role.changed', 'role', 'role', 'role', 'expires_at');

create trigger user_roles_audit_revoked
    after delete on public.user_roles
    for each row execute function audit.record('role.revoked', 'role', 'role');

-- The audit log (db/platform/0005_audit.sql) as people may read it: admins and the service all of it, others what they did and what
-- concerns themselves. The newest first; what was done a moment ago comes when it is sealed.
create function evolv.audit_entries(person uuid, before_seq bigint, max_entries int)
    returns table (
        seq bigint, at timestamptz, action text, actor_id uuid, actor_role text, login text, user_id uuid, subject_type text,
        subject_id text, details jsonb, network text)
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    about constant uuid := case when auth.role() = 'service_role' or evolv.has_role('admin') then person else coalesce(person, auth.uid()) end;
begin
    if about is distinct from auth.uid() and auth.role() is distinct from 'service_role' and not evolv.has_role('admin')
        or auth.uid() is null and auth.role() is distinct from 'service_role' then
        raise exception 'the audit log of others is for admins' using errcode = 'insufficient_privilege';
    end if;
    return query
        select
            e.seq, e.at, e.action, e.actor_id, e.actor_role, e.login, e.user_id, e.subject_type, e.subject_id, e.details, e.network::text
        from audit.entries e
        where (about is null or e.user_id = about or e.actor_id = about)
            and e.seq < coalesce(before_seq, 9223372036854775807)
        order by e.seq desc
        limit least(greatest(coalesce(max_entries, 100), 0), 1000);
end
$$;

grant execute on function evolv.audit_entries to authenticated, service_role;

-- For supabase.rpc('audit_entries', …).
create function public.audit_entries(person uuid default null, before_seq bigint default null, max_entries int default 100)
    returns table (
        seq bigint, at timestamptz, action text, actor_id uuid, actor_role text, login text, user_id uuid, subject_type text,
        subject_id text, details jsonb, network text)
    language sql
    stable
    set search_path = ''
as $$
    select * from evolv.audit_entries(person, before_seq, max_entries)
$$;

grant execute on function public.audit_entries to authenticated, service_role;

-- The account and the person ------------------------------------------------------------------------------------------

create function evolv.create_profile()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into public.profiles (id, full_name, avatar_url, is_guest)
    values (
        new.id,
        left(coalesce(new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'name', ''), 120),
        case when evolv.is_web_url(new.raw_user_meta_data ->> 'avatar_url') then new.raw_user_meta_data ->> 'avatar_url' end,
        new.is_anonymous);
    insert into public.user_settings (user_id) values (new.id);
    return null;
end
$$;

create trigger users_create_profile
    after insert on auth.users
    for each row execute function evolv.create_profile();

create function evolv.sync_guest()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    update public.profiles set is_guest = new.is_anonymous where id = new.id;
    return null;
end
$$;

create trigger users_sync_guest
    after update of is_anonymous on auth.users
    for each row when (old.is_anonymous is distinct from new.is_anonymous) execute function evolv.sync_guest();

-- The account goes, the proofs stay: the name is removed and what was private is deleted.
create function evolv.anonymise_profile()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    update public.profiles
    set handle = null, full_name = 'Deleted user', avatar_url = null, bio = '', deactivated_at = now()
    where id = old.id;
    delete from public.user_settings where user_id = old.id;
    delete from public.profile_zone_history where user_id = old.id;
    delete from public.user_roles where user_id = old.id;
    return null;
end
$$;

create trigger users_anonymise_profile
    after delete on auth.users
    for each row execute function evolv.anonymise_profile();

-- An account that is emptied and not deleted (should_soft_delete) is gone to others just the same.
create trigger users_anonymise_profile_soft
    after update of deleted_at on auth.users
    for each row when (old.deleted_at is null and new.deleted_at is not null) execute function evolv.anonymise_profile();

-- Skills --------------------------------------------------------------------------------------------------------------

create table public.skills (
    id          uuid primary key default gen_random_uuid(),
    slug        text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name        text not null unique check (btrim(name) <> '' and length(name) <= 120),
    category    text not null check (btrim(category) <> ''),
    description text not null default '',
    aliases     text[] not null default '{}', -- what people write instead of the name, in lower case
    parent_id   uuid references public.skills (id) on delete set null,
    created_at  timestamptz not null default now()
);

create index skills_parent_id_idx on public.skills (parent_id);
create index skills_category_idx on public.skills (category, name);

create trigger skills_announce
    after insert or update or delete or truncate on public.skills
    for each statement execute function evolv.announce_topic('skills');

-- A skill that somebody claims, and whether it was verified: by whom and until when.
create table public.user_skills (
    id             uuid primary key default gen_random_uuid(),
    user_id        uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    skill_id       uuid not null references public.skills (id) on delete cascade,
    claimed_level  text not null default 'beginner' check (claimed_level in ('beginner', 'intermediate', 'advanced', 'expert')),
    verified       boolean not null default false,
    verified_level text check (verified_level in ('beginner', 'intermediate', 'advanced', 'expert')),
    verified_at    timestamptz,
    verified_by    uuid references public.profiles (id) on delete set null,
    valid_until    timestamptz,
    created_at     timestamptz not null default now(),
    unique (user_id, skill_id),
    check (verified = (verified_level is not null and verified_at is not null))
);

create index user_skills_skill_id_idx on public.user_skills (skill_id);
create index user_skills_verified_by_idx on public.user_skills (verified_by);

-- The triggers *_event tell the history what happened (evolv.record_event in the slice growth). They append when something is
-- done; what is undone later appends nothing and takes nothing back.
create function evolv.record_verification()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => new.user_id,
        type => 'skill.verified',
        object_type => 'skill',
        object_id => new.skill_id,
        actor_id => new.verified_by,
        metadata => jsonb_build_object('level', new.verified_level),
        occurred_at => new.verified_at);
    return null;
end
$$;

create trigger user_skills_event
    after insert on public.user_skills
    for each row when (new.verified) execute function evolv.record_verification();

create trigger user_skills_event_verified
    after update of verified on public.user_skills
    for each row when (new.verified and not old.verified) execute function evolv.record_verification();

create trigger user_skills_audit_verified
    after insert on public.user_skills
    for each row when (new.verified) execute function audit.record('skill.verified', 'skill', 'skill_id', 'verified_level');

create trigger user_skills_audit_changed
    after update of verified, verified_level on public.user_skills
    for each row when ((old.verified, old.verified_level) is distinct from (new.verified, new.verified_level))
    execute function audit.record('skill.verification_changed', 'skill', 'skill_id', 'verified', 'verified_level');

alter table public.skills enable row level security;
alter table public.user_skills enable row level security;

grant select on public.skills to anon, authenticated;
grant select, insert, update, delete on public.skills to service_role;

create policy skills_select_all on public.skills
    for select to anon, authenticated
    using (true);

-- GET /functions/v1/get-skills: the catalogue, or one category of it, by name.
create function evolv.get_skills(category text)
    returns json
    language sql
    stable
    set search_path = ''
as $$
    select json_build_object('skills', coalesce(json_agg(
        json_build_object(
            'id', s.id, 'slug', s.slug, 'name', s.name, 'category', s.category, 'description', s.description,
            'aliases', s.aliases, 'parent_id', s.parent_id)
        order by s.name), '[]'))
    from public.skills s
    where get_skills.category is null or s.category = get_skills.category
$$;

grant execute on function evolv.get_skills to anon, authenticated, service_role;

grant select, delete on public.user_skills to authenticated;
grant select on public.user_skills to anon;
grant insert (user_id, skill_id, claimed_level), update (claimed_level) on public.user_skills to authenticated;
grant select, insert, update, delete on public.user_skills to service_role;

create policy user_skills_select_all on public.user_skills
    for select to anon, authenticated
    using (true);

create policy user_skills_insert_own on public.user_skills
    for insert to authenticated
    with check (user_id = (select auth.uid()));

create policy user_skills_update_own on public.user_skills
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

-- A verified skill is a proof; it is not removed by the person alone.
create policy user_skills_delete_own_claim on public.user_skills
    for delete to authenticated
    using (user_id = (select auth.uid()) and not verified);
