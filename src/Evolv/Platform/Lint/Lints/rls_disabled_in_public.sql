-- title: Row-level security disabled in an exposed schema
-- level: ERROR
-- category: SECURITY
-- description: Row-level security is off for a table of an exposed schema: whoever holds a grant reads and writes every
--   row.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0013_rls_disabled_in_public

select
    format('Table `%s.%s` is exposed and has no row-level security.', r.schema, r.name),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'table'),
    format('%s_%s', r.schema, r.name)
from relations r
where r.exposed and r.is_table and not r.has_rls
