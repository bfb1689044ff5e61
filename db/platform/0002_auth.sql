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

-- How instants stand in JSON of /auth/v1: Go and .NET write no zeros at the end of a fraction.
create function auth.to_rfc3339(instant timestamptz)
    returns text
    language sql
    stable
    parallel safe
    return rtrim(rtrim(to_char(instant at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z';

grant execute on function auth.to_rfc3339 to supabase_auth_admin;
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
create index users_created_at_idx on auth.users (created_at, id);

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
    factor_id    uuid, -- the second factor that raised it
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

create index refresh_tokens_session_id_idx on auth.refresh_tokens (session_id, parent);
create index refresh_tokens_alive_idx on auth.refresh_tokens (session_id) where not revoked;
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

-- What a client began and a code will end: PKCE (RFC 7636) with the client, and, where a provider is asked, with the provider. Codes and
-- states are kept as hashes: who reads a copy of this table can end nothing.
create table auth.flow_state (
    id                       uuid primary key default gen_random_uuid(),
    user_id                  uuid references auth.users (id) on delete cascade, -- null until somebody has come back
    auth_code                text unique, -- SHA-256 of the code, which is good once
    auth_code_issued_at      timestamptz,
    code_challenge_method    text check (code_challenge_method in ('s256', 'plain')),
    code_challenge           text, -- null where the client takes its session from the fragment (implicit flow)
    authentication_method    text not null, -- becomes the claim amr
    provider_type            text not null default 'email',
    provider_state           text unique, -- SHA-256 of the state that the provider brings back
    provider_nonce           text,
    provider_code_verifier   text,
    provider_access_token    text, -- encrypted with the code, which only the client gets; so is the other
    provider_refresh_token   text,
    linking_target_id        uuid references auth.users (id) on delete cascade, -- who links an identity to their account
    linking_session_id       uuid references auth.sessions (id) on delete cascade, -- in which they asked for it
    invite_token             text,
    referrer                 text not null default '', -- where the browser goes in the end; was checked against the allow-list
    created_at               timestamptz not null default now(),
    updated_at               timestamptz not null default now(),
    check ((code_challenge is null) = (code_challenge_method is null))
);

create index flow_state_created_at_idx on auth.flow_state (created_at);
create index flow_state_user_id_idx on auth.flow_state (user_id);
create index flow_state_linking_target_id_idx on auth.flow_state (linking_target_id);
create index flow_state_linking_session_id_idx on auth.flow_state (linking_session_id);

-- What a mail carries: a link (token_hash) and six digits (otp_hash), of which the first use ends both. Only hashes are here. One that a newer
-- mail has ended stays for a day, without its digits, because the tries of a day count together.
create table auth.one_time_tokens (
    id            uuid primary key default gen_random_uuid(),
    user_id       uuid not null references auth.users (id) on delete cascade,
    token_type    text not null check (token_type in (
        'confirmation_token', 'recovery_token', 'reauthentication_token', 'email_change_token_new', 'email_change_token_current')),
    token_hash    text not null unique, -- SHA-256 of what the link carries
    otp_hash      text, -- null when too many wrong ones were tried
    relates_to    text not null, -- the address that the mail went to
    attempts      smallint not null default 0,
    flow_state_id uuid references auth.flow_state (id) on delete cascade, -- with PKCE the link leads to a code
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    expires_at    timestamptz not null, -- of the link
    otp_expires_at timestamptz not null
);

create index one_time_tokens_user_id_idx on auth.one_time_tokens (user_id, token_type, created_at);

create index one_time_tokens_relates_to_idx on auth.one_time_tokens (relates_to);
create index one_time_tokens_flow_state_id_idx on auth.one_time_tokens (flow_state_id);

-- Mails that wait for a mail server, and, where there is none, for the page of the mail catcher. A sent mail keeps no words: they
-- hold links that sign people in.
create table auth.mails (
    id              uuid primary key default gen_random_uuid(),
    user_id         uuid references auth.users (id) on delete cascade,
    kind            text not null, -- of Auth/Mail/MailKind.cs; 'none' takes as long to write as any and goes nowhere
    recipient       text not null,
    subject         text not null,
    text_body       text not null,
    html_body       text not null,
    status          text not null default 'waiting' check (status in ('waiting', 'sent', 'caught', 'failed')),
    attempts        int not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_error      text,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);

create index mails_next_attempt_at_idx on auth.mails (next_attempt_at) where status = 'waiting';
create index mails_created_at_idx on auth.mails (created_at);
create index mails_user_id_idx on auth.mails (user_id);

-- Second factors.
create table auth.mfa_factors (
    id                 uuid primary key default gen_random_uuid(),
    user_id            uuid not null references auth.users (id) on delete cascade,
    friendly_name      text not null default '',
    factor_type        text not null check (factor_type in ('totp', 'webauthn')),
    status             text not null default 'unverified' check (status in ('unverified', 'verified')),
    secret             text, -- Base32, as the authenticator has it
    last_used_step     bigint, -- of RFC 6238: a code is good once, and so are those before it
    last_challenged_at timestamptz,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now()
);

create index mfa_factors_user_id_idx on auth.mfa_factors (user_id, created_at);
create unique index mfa_factors_friendly_name_idx on auth.mfa_factors (user_id, friendly_name) where friendly_name <> '';

alter table auth.sessions add constraint sessions_factor_id_fkey foreign key (factor_id) references auth.mfa_factors (id) on delete set null;
create index sessions_factor_id_idx on auth.sessions (factor_id);

create table auth.mfa_challenges (
    id          uuid primary key default gen_random_uuid(),
    factor_id   uuid not null references auth.mfa_factors (id) on delete cascade,
    created_at  timestamptz not null default now(),
    verified_at timestamptz,
    attempts    smallint not null default 0,
    ip_address  inet not null
);

create index mfa_challenges_factor_id_idx on auth.mfa_challenges (factor_id, created_at);

-- For who has lost the device: each is good once, instead of a code of any verified factor.
create table auth.mfa_recovery_codes (
    id         uuid primary key default gen_random_uuid(),
    user_id    uuid not null references auth.users (id) on delete cascade,
    code_hash  text not null,
    created_at timestamptz not null default now(),
    used_at    timestamptz,
    unique (user_id, code_hash)
);

-- Passkeys: the public half of a key that an authenticator keeps. It may be read; it signs nobody in.
create table auth.webauthn_credentials (
    id               uuid primary key default gen_random_uuid(),
    user_id          uuid not null references auth.users (id) on delete cascade,
    credential_id    bytea not null unique, -- by which browser and authenticator know it
    public_key       bytea not null, -- COSE
    attestation_type text not null default '',
    aaguid           uuid, -- what made it, as it says
    sign_count       bigint not null default 0,
    transports       jsonb not null default '[]',
    backup_eligible  boolean not null default false,
    backed_up        boolean not null default false,
    friendly_name    text not null default '',
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    last_used_at     timestamptz
);

create index webauthn_credentials_user_id_idx on auth.webauthn_credentials (user_id, created_at);

-- What an authenticator is to sign. Gone with the first try.
create table auth.webauthn_challenges (
    id             uuid primary key default gen_random_uuid(),
    user_id        uuid references auth.users (id) on delete cascade, -- null where somebody signs in, whoever it will be
    challenge_type text not null check (challenge_type in ('signup', 'registration', 'authentication')),
    session_data   jsonb not null,
    created_at     timestamptz not null default now(),
    expires_at     timestamptz not null
);

create index webauthn_challenges_user_id_idx on auth.webauthn_challenges (user_id);
create index webauthn_challenges_expires_at_idx on auth.webauthn_challenges (expires_at);

-- Tools that people sign in to with their account here (OAuth 2.1): an administrator registered them or, where that is allowed, they
-- themselves did. The id is the client_id.
create table auth.oauth_clients (
    id                         uuid primary key default gen_random_uuid(),
    client_secret_hash         text, -- SHA-256 of the secret, which is shown once
    registration_type          text not null check (registration_type in ('manual', 'dynamic')),
    client_type                text not null check (client_type in ('confidential', 'public')),
    token_endpoint_auth_method text not null check (token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post', 'none')),
    redirect_uris              text[] not null check (cardinality(redirect_uris) > 0),
    grant_types                text[] not null check (cardinality(grant_types) > 0),
    client_name                text,
    client_uri                 text,
    logo_uri                   text,
    created_at                 timestamptz not null default now(),
    updated_at                 timestamptz not null default now(),
    check ((client_type = 'public') = (client_secret_hash is null)),
    check ((client_type = 'public') = (token_endpoint_auth_method = 'none'))
);

create index oauth_clients_created_at_idx on auth.oauth_clients (created_at, id);

alter table auth.sessions add column oauth_client_id uuid references auth.oauth_clients (id) on delete cascade; -- null for the person's own
alter table auth.sessions add column scopes text; -- what the person granted that client
create index sessions_oauth_client_id_idx on auth.sessions (oauth_client_id);

-- What a client asked for, until it has its tokens. A code is good for one try, and who tries it again ends what it gave.
create table auth.oauth_authorizations (
    id                    uuid primary key default gen_random_uuid(),
    authorization_id      text not null unique, -- what the consent page is told
    client_id             uuid not null references auth.oauth_clients (id) on delete cascade,
    user_id               uuid references auth.users (id) on delete cascade, -- the first who looked at it; nobody else sees it from then on
    session_id            uuid references auth.sessions (id) on delete cascade, -- in which they approved
    redirect_uri          text not null,
    scope                 text not null,
    state                 text,
    resource              text,
    code_challenge        text not null,
    code_challenge_method text not null check (code_challenge_method = 's256'),
    nonce                 text,
    status                text not null default 'pending' check (status in ('pending', 'approved', 'denied')),
    authorization_code    text unique, -- SHA-256 of it
    created_at            timestamptz not null default now(),
    expires_at            timestamptz not null, -- of the request, later of the code
    approved_at           timestamptz,
    redeemed_at           timestamptz, -- when the code was tried
    issued_session_id     uuid references auth.sessions (id) on delete set null, -- that it gave
    check ((status = 'approved') = (authorization_code is not null)),
    check (status <> 'approved' or num_nulls(user_id, session_id, approved_at) = 0)
);

create index oauth_authorizations_client_id_idx on auth.oauth_authorizations (client_id);
create index oauth_authorizations_user_id_idx on auth.oauth_authorizations (user_id);
create index oauth_authorizations_session_id_idx on auth.oauth_authorizations (session_id);
create index oauth_authorizations_issued_session_id_idx on auth.oauth_authorizations (issued_session_id);
create index oauth_authorizations_expires_at_idx on auth.oauth_authorizations (expires_at);

-- What somebody granted a client: the next request for no more is not asked about again.
create table auth.oauth_consents (
    id         uuid primary key default gen_random_uuid(),
    user_id    uuid not null references auth.users (id) on delete cascade,
    client_id  uuid not null references auth.oauth_clients (id) on delete cascade,
    scopes     text not null,
    granted_at timestamptz not null default now(),
    revoked_at timestamptz,
    unique (user_id, client_id)
);

create index oauth_consents_client_id_idx on auth.oauth_consents (client_id);

create table auth.audit_log_entries (
    instance_id uuid,
    id          uuid primary key default gen_random_uuid(),
    payload     jsonb not null,
    created_at  timestamptz not null default now(),
    ip_address  varchar(64) not null default ''
);

create index audit_log_entries_created_at_idx on auth.audit_log_entries (created_at);

-- What access tokens cannot know, because they were issued before. Every server reads the new rows once a second and refuses what they
-- name; a row matters as long as such a token may live. by_xid orders by what can be seen: a transaction that began earlier and
-- commits later is not missed.
create table auth.revocations (
    id         bigint generated always as identity primary key,
    kind       text not null check (kind in ('session', 'user', 'keys')),
    subject    uuid, -- the session that ended, or the account that is banned or gone
    until      timestamptz, -- of a ban; null when it was lifted
    created_at timestamptz not null default clock_timestamp(),
    by_xid     xid8 not null default pg_current_xact_id()
);

create index revocations_by_xid_idx on auth.revocations (by_xid);
create index revocations_created_at_idx on auth.revocations (created_at);

create function auth.record_ended_sessions()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into auth.revocations (kind, subject) select 'session', e.id from ended e;
    return null;
end
$$;

create trigger sessions_revoke
    after delete on auth.sessions
    referencing old table as ended
    for each statement execute function auth.record_ended_sessions();

create function auth.record_ended_user()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into auth.revocations (kind, subject, until)
    values ('user', new.id, case when new.deleted_at is not null then 'infinity' else new.banned_until end);
    return null;
end
$$;

create trigger users_revoke
    after update of banned_until, deleted_at on auth.users
    for each row when ((old.banned_until, old.deleted_at) is distinct from (new.banned_until, new.deleted_at))
    execute function auth.record_ended_user();

-- Its sessions go with an account and are recorded; a token may name none, or one that was elsewhere.
create function auth.record_deleted_users()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into auth.revocations (kind, subject, until) select 'user', g.id, 'infinity' from gone g;
    return null;
end
$$;

create trigger users_revoke_deleted
    after delete on auth.users
    referencing old table as gone
    for each statement execute function auth.record_deleted_users();

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

create function auth.record_changed_keys()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into auth.revocations (kind) values ('keys');
    return null;
end
$$;

create trigger signing_keys_reload
    after insert or update or delete on auth.signing_keys
    for each statement execute function auth.record_changed_keys();

create trigger api_keys_reload
    after insert or update or delete on auth.api_keys
    for each statement execute function auth.record_changed_keys();

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

    foreach name in array array[
        'users', 'identities', 'sessions', 'refresh_tokens', 'mfa_amr_claims', 'flow_state', 'one_time_tokens', 'mails', 'mfa_factors',
        'mfa_challenges', 'mfa_recovery_codes', 'webauthn_credentials', 'webauthn_challenges', 'oauth_clients', 'oauth_authorizations',
        'oauth_consents', 'audit_log_entries', 'revocations']
    loop
        execute format('grant select, insert, update, delete on auth.%I to supabase_auth_admin', name);
        execute format(
            'create policy %I on auth.%I for all to supabase_auth_admin using (true) with check (true)',
            name || '_all_auth_admin', name);
    end loop;
end
$$;
