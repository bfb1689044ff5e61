-- title: Unsupported reg types
-- level: WARN
-- category: SECURITY
-- description: A column of this type holds an object id that the next version of PostgreSQL gives to something else:
--   pg_upgrade refuses the database.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0018_unsupported_reg_types

-- regclass, regrole and regtype are those that pg_upgrade carries over.
select
    format('Column `%s` of table `%s.%s` has the type `%s`, which pg_upgrade refuses.', c.name, r.schema, r.name, t.typname),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'table', 'column', c.name),
    format('%s_%s_%s', r.schema, r.name, c.name)
from relations r
join columns c on c.relation = r.oid
join pg_catalog.pg_type t on t.oid = c.type
where r.kind in ('r', 'p', 'm')
    and t.typname in (
        'regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper', 'regoperator', 'regproc', 'regprocedure',
        '_regcollation', '_regconfig', '_regdictionary', '_regnamespace', '_regoper', '_regoperator', '_regproc', '_regprocedure')
    and t.typnamespace = 'pg_catalog'::regnamespace
