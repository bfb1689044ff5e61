-- The auth schema with the names and shapes of GoTrue, because policies, clients and tools know them.
create schema auth;
grant usage on schema auth to anon, authenticated, service_role, supabase_auth_admin;

-- The claims of the caller, as Database set them for this transaction. After the transaction the setting is '' and not null.
create function auth.jwt()
    returns jsonb
    language sql
    stable
    parallel safe
    return nullif(current_setting('request.jwt.claims', true), '')::jsonb;

create function auth.uid()
    returns uuid
    language sql
    stable
    parallel safe
    -- Database sets the claim sub apart, too: policies ask for it so often that parsing all claims each time is felt.
    return coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;

create function auth.role()
    returns text
    language sql
    stable
    parallel safe
    return nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role';

create function auth.email()
    returns text
    language sql
    stable
    parallel safe
    return nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email';

grant execute on function auth.jwt(), auth.uid(), auth.role(), auth.email()
    to anon, authenticated, service_role, supabase_auth_admin;

create table auth.users (
    instance_id                 uuid,
    id                          uuid primary key default gen_random_uuid(),
    aud                         varchar(255) not null default 'authenticated',
    role                        varchar(255) not null default 'authenticated',
    email                       varchar(255),
    encrypted_password          varchar(255),
    email_confirmed_at          timestamptz,
    invited_at                  timestamptz,
    confirmation_token          varchar(255),
    confirmation_sent_at        timestamptz,
    recovery_token              varchar(255),
    recovery_sent_at            timestamptz,
    email_change_token_new      varchar(255),
    email_change                varchar(255),
    email_change_sent_at        timestamptz,
    last_sign_in_at             timestamptz,
    raw_app_meta_data           jsonb not null default '{}',
    raw_user_meta_data          jsonb not null default '{}',
    is_super_admin              boolean,
    created_at                  timestamptz not null default now(),
    updated_at                  timestamptz not null default now(),
    phone                       text,
    phone_confirmed_at          timestamptz,
    phone_change                text,
    phone_change_token          varchar(255),
    phone_change_sent_at        timestamptz,
    confirmed_at                timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
    email_change_token_current  varchar(255),
    email_change_confirm_status smallint not null default 0 check (email_change_confirm_status between 0 and 2),
    banned_until                timestamptz,
    reauthentication_token      varchar(255),
    reauthentication_sent_at    timestamptz,
    is_sso_user                 boolean not null default false,
    deleted_at                  timestamptz,
    is_anonymous                boolean not null default false
);

-- GoTrue looks people up by address without regard to case; SSO users may share one.
create unique index users_email_idx on auth.users (lower(email)) where not is_sso_user;
create unique index users_phone_idx on auth.users (phone) where phone <> '';

create table auth.identities (
    id              uuid primary key default gen_random_uuid(),
    provider_id     text not null,
    user_id         uuid not null references auth.users (id) on delete cascade,
    identity_data   jsonb not null,
    provider        text not null,
    last_sign_in_at timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    email           text generated always as (lower(identity_data ->> 'email')) stored,
    unique (provider_id, provider)
);

create index identities_user_id_idx on auth.identities (user_id);

-- One row for each signed-in device.
create table auth.sessions (
    id           uuid primary key default gen_random_uuid(),
    user_id      uuid not null references auth.users (id) on delete cascade,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    factor_id    uuid,
    aal          text not null default 'aal1' check (aal in ('aal1', 'aal2', 'aal3')),
    not_after    timestamptz,
    refreshed_at timestamptz,
    user_agent   text,
    ip           inet,
    tag          text
);

create index sessions_user_id_idx on auth.sessions (user_id, created_at);

-- A chain for each session: a refresh revokes its token and issues a child that names it as parent.
create table auth.refresh_tokens (
    id         bigint generated always as identity primary key,
    token      varchar(255) not null unique,
    user_id    uuid not null references auth.users (id) on delete cascade,
    session_id uuid not null references auth.sessions (id) on delete cascade,
    parent     varchar(255),
    revoked    boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create index refresh_tokens_session_id_idx on auth.refresh_tokens (session_id, revoked);
create index refresh_tokens_user_id_idx on auth.refresh_tokens (user_id);

-- How a session was authenticated; becomes the claim amr.
create table auth.mfa_amr_claims (
    id                    uuid primary key default gen_random_uuid(),
    session_id            uuid not null references auth.sessions (id) on delete cascade,
    authentication_method text not null,
    created_at            timestamptz not null default now(),
    updated_at            timestamptz not null default now(),
    unique (session_id, authentication_method)
);

create table auth.audit_log_entries (
    instance_id uuid,
    id          uuid primary key default gen_random_uuid(),
    payload     jsonb not null,
    created_at  timestamptz not null default now(),
    ip_address  varchar(64) not null default ''
);

create index audit_log_entries_created_at_idx on auth.audit_log_entries (created_at);

-- The keys that sign access tokens. Only the owner reads them; the public halves are served as JWKS.
create table auth.signing_keys (
    kid         text primary key,
    alg         text not null check (alg = 'ES256'),
    private_key text not null,
    status      text not null check (status in ('in_use', 'standby', 'previously_used', 'revoked')),
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);

create unique index signing_keys_in_use_idx on auth.signing_keys (status) where status = 'in_use';

-- The keys of this installation: opaque ones (sb_publishable_…, sb_secret_…) and their forms as JWT. Only the owner reads them.
create table auth.api_keys (
    id         uuid primary key default gen_random_uuid(),
    name       text not null,
    kind       text not null check (kind in ('publishable', 'secret', 'legacy_jwt')),
    role       text not null check (role in ('anon', 'service_role')),
    api_key    text not null unique,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    unique (name, kind, role)
);

-- Row-level security everywhere: the auth family works as supabase_auth_admin, and nobody else passes.
do $$
declare
    name text;
begin
    for name in
        select tablename from pg_catalog.pg_tables where schemaname = 'auth'
    loop
        execute format('alter table auth.%I enable row level security', name);
    end loop;

    foreach name in array array['users', 'identities', 'sessions', 'refresh_tokens', 'mfa_amr_claims', 'audit_log_entries']
    loop
        execute format('grant select, insert, update, delete on auth.%I to supabase_auth_admin', name);
        execute format(
            'create policy %I on auth.%I for all to supabase_auth_admin using (true) with check (true)',
            name || '_all_auth_admin', name);
    end loop;
end
$$;
