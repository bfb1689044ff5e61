-- Roles belong to the whole cluster.
do $$
declare
    name text;
begin
    foreach name in array array['around_visitor', 'around_hasty', 'around_strict', 'around_moody', 'around_foreign'] loop
        execute format('create role %I nologin', name);
        if name <> 'around_foreign' then
            execute format('grant %I to authenticator', name);
        end if;
    end loop;
end
$$;
alter role around_hasty set statement_timeout = '50ms';
alter role around_strict set default_transaction_isolation = 'serializable';
alter role around_strict set lock_timeout = '3s';
alter role around_strict set log_min_duration_statement = '1h';
alter role around_moody set lock_timeout = '1s';

create schema api;
grant usage on schema api to around_visitor, around_hasty, around_strict, around_moody;
create table api.closed (id int);
create function api.wait(seconds float) returns void language sql as 'select pg_sleep(seconds)';
create function api.setting(name text) returns text language sql as $$ select current_setting(name, true) $$;
grant execute on all functions in schema api to around_visitor, around_hasty, around_strict, around_moody;
