-- What the lints talk about. Linter puts this before each of them; what a lint does not name costs nothing.
-- PostgreSQL runs it with an empty search_path, so that every name in deparsed text is qualified.
with
-- The roles that requests from outside become. service_role is not one of them: it is trusted and bypasses row-level security.
api_roles as (
    select oid, rolname as name
    from pg_catalog.pg_roles
    where rolname in ('anon', 'authenticated')
),
-- All schemas but those that PostgreSQL, Supabase or an extension keeps for itself. /rest/v1 exposes public and nothing else.
schemas as (
    select n.oid, n.nspname as name, n.nspname = 'public' as exposed
    from pg_catalog.pg_namespace n
    where n.nspname !~ '^pg_'
        and n.nspname not in (
            'information_schema', 'auth', 'cron', 'evolv_migrations', 'extensions', 'graphql', 'graphql_public', 'net',
            'pgbouncer', 'pgmq', 'pgmq_public', 'pgsodium', 'pgsodium_masks', 'pgtle', 'realtime', 'repack', 'storage',
            'supabase_functions', 'supabase_migrations', 'tiger', 'tiger_data', 'topology', 'vault')
),
-- What an extension brought is its author's business.
extension_objects as (
    select d.classid, d.objid
    from pg_catalog.pg_depend d
    where d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::regclass
),
relations as (
    select
        c.oid, s.name as schema, c.relname as name, s.exposed,
        c.relkind as kind, -- r table, p partitioned table, v view, m materialized view, f foreign table
        c.relkind in ('r', 'p') as is_table,
        c.relrowsecurity as has_rls,
        c.relacl as acl, c.relowner as owner,
        c.relpages as pages, c.reltuples as rows, c.reloptions as options,
        -- Whether a view reads its tables with the rights of whoever asks.
        coalesce((
            select o.option_value::boolean
            from pg_catalog.pg_options_to_table(c.reloptions) o
            where o.option_name = 'security_invoker'
        ), false) as security_invoker
    from pg_catalog.pg_class c
    join schemas s on s.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
        and not exists (
            select from extension_objects e where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid)
),
columns as (
    select
        a.attrelid as relation, a.attnum as number, a.attname as name, a.atttypid as type, a.attnotnull as not_null,
        a.attgenerated <> '' or a.attidentity = 'a' as is_generated
    from pg_catalog.pg_attribute a
    where a.attnum > 0 and not a.attisdropped
),
policies as (
    select
        p.oid, p.polrelid as relation, r.schema, r.name as table_name, r.exposed, r.has_rls, p.polname as name,
        case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end
            as command,
        p.polpermissive as permissive,
        p.polroles as roles, -- 0 is PUBLIC
        pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using_text,
        -- Without a WITH CHECK, PostgreSQL applies the USING to new rows, too.
        pg_catalog.pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid) as check_text
    from pg_catalog.pg_policy p
    join relations r on r.oid = p.polrelid
),
-- Each policy with each command that it covers and each API role that it binds.
applied_policies as (
    select p.*, c.covered, a.oid as role, a.name as role_name
    from policies p
    cross join lateral unnest(
        case p.command when 'ALL' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE'] else array[p.command] end) c (covered)
    join api_roles a on exists (
        select
        from unnest(p.roles) named (oid)
        where case when named.oid = 0 then true else pg_catalog.pg_has_role(a.oid, named.oid, 'member') end)
),
routines as (
    select
        f.oid, s.name as schema, f.proname as name, s.exposed,
        pg_catalog.pg_get_function_identity_arguments(f.oid) as arguments,
        f.prosecdef as security_definer,
        f.proacl as acl, f.proowner as owner,
        f.provolatile = 'v' as may_write,
        f.prorettype in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype) as is_trigger,
        f.prosqlbody is not null as has_sql_body,
        exists (select from unnest(f.proconfig) setting where setting like 'search\_path=%') as has_search_path,
        -- The text without comments, in lower case.
        lower(regexp_replace(regexp_replace(
            coalesce(pg_catalog.pg_get_function_sqlbody(f.oid), f.prosrc), '--[^\n]*', '', 'g'), '/\*.*?\*/', '', 'g')) as body
    from pg_catalog.pg_proc f
    join schemas s on s.oid = f.pronamespace
    join pg_catalog.pg_language l on l.oid = f.prolang
    where f.prokind in ('f', 'p')
        and l.lanname not in ('c', 'internal')
        and not exists (
            select from extension_objects e where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = f.oid)
),
indexes as (
    select
        i.indexrelid as oid, i.indrelid as relation, r.schema, r.name as table_name, c.relname as name, m.amname as method,
        i.indisunique as is_unique,
        -- Whether it can be dropped without losing a rule: it is unique, enforces a constraint, or identifies rows.
        i.indisunique or i.indisreplident or exists (
            select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
        ) as is_rule,
        i.indisvalid as is_valid,
        i.indnkeyatts as key_count,
        -- The keys, then the included columns; 0 is an expression. Unnested, because these vectors count from 0.
        array(select unnest(i.indkey)) as columns,
        array(select unnest(i.indclass)) as classes,
        array(select unnest(i.indcollation)) as collations,
        array(select unnest(i.indoption)) as options,
        coalesce(pg_catalog.pg_get_expr(i.indexprs, i.indrelid), '') as expressions,
        coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), '') as predicate
    from pg_catalog.pg_index i
    join relations r on r.oid = i.indrelid
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = c.relam
),
-- Which relations a view reads directly.
view_sources as (
    select distinct w.ev_class as view, d.refobjid as source
    from pg_catalog.pg_rewrite w
    join pg_catalog.pg_depend d
        on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
        and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> w.ev_class
)
