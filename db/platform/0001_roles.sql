-- The roles that hosted Supabase brings. Roles belong to the cluster, so another database may have made them already.
do $$
declare
    wanted record;
begin
    for wanted in
        select *
        from (values
            ('anon', 'nologin noinherit'),
            ('authenticated', 'nologin noinherit'),
            ('service_role', 'nologin noinherit bypassrls'),
            ('supabase_auth_admin', 'nologin noinherit'),
            ('authenticator', 'login noinherit')
        ) as roles (name, attributes)
    loop
        begin
            if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
                execute format('create role %I %s', wanted.name, wanted.attributes);
            end if;
        exception
            when duplicate_object or unique_violation then null; -- another database's migration was quicker
        end;
    end loop;
end
$$;

-- The pool logs in as authenticator. It owns nothing, inherits nothing, and may become these four and nobody else.
grant anon, authenticated, service_role, supabase_auth_admin to authenticator;

-- Login settings, not startup parameters: a pooler such as PgBouncer refuses the latter.
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '4s';
alter role authenticator set idle_in_transaction_session_timeout = '30s';

-- What strangers and people may take of a request; /rest/v1 sets it for each.
do $$
begin
    alter role anon set statement_timeout = '3s';
    alter role authenticated set statement_timeout = '8s';
exception
    when insufficient_privilege then
        raise notice 'The statement timeouts of anon and authenticated are left as they are.';
end
$$;

-- Closed by default: what is not granted by name is refused.
revoke create on schema public from public;
alter default privileges revoke execute on functions from public;
grant usage on schema public to anon, authenticated, service_role;
