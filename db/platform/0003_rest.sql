-- Tells /rest/v1 on channel pgrst when the schema that it serves has changed. Names as on hosted Supabase, so that a tool
-- that knows them finds them.
create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role;

-- Nothing may fail here: it would take the change of the schema with it.
create or replace function extensions.pgrst_ddl_watch()
    returns event_trigger
    language plpgsql
    set search_path = ''
as $$
begin
    if exists (
        select
        from pg_catalog.pg_event_trigger_ddl_commands() command
        where command.schema_name is distinct from 'pg_temp'
            and (
                command.command_tag in ('CREATE TABLE AS', 'SELECT INTO', 'COMMENT')
                or command.command_tag ~ (
                    '^(CREATE|ALTER) (SCHEMA|TABLE|FOREIGN TABLE|VIEW|MATERIALIZED VIEW|FUNCTION|AGGREGATE|TRIGGER|TYPE|DOMAIN|'
                    || 'CAST|RULE|EXTENSION)$')
            )
    ) then
        perform pg_catalog.pg_notify('pgrst', 'reload schema');
    end if;
end
$$;

create or replace function extensions.pgrst_drop_watch()
    returns event_trigger
    language plpgsql
    set search_path = ''
as $$
begin
    if exists (
        select
        from pg_catalog.pg_event_trigger_dropped_objects() object
        where not object.is_temporary
            and object.object_type in (
                'schema', 'table', 'table column', 'table constraint', 'foreign table', 'view', 'materialized view', 'function',
                'aggregate', 'trigger', 'type', 'domain', 'cast', 'rule', 'extension')
    ) then
        perform pg_catalog.pg_notify('pgrst', 'reload schema');
    end if;
end
$$;

-- Only a superuser may watch everybody's changes. Without them, whoever changes the schema says NOTIFY pgrst, 'reload schema'.
do $$
begin
    create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
    create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_drop_watch();
exception
    when insufficient_privilege then
        raise notice 'Changes of the schema are not noticed: only a superuser may create event triggers.';
    when duplicate_object then
        null; -- hosted Supabase brings its own
end
$$;
