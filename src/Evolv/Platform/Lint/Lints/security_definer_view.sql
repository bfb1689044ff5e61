-- title: View without security_invoker
-- level: ERROR
-- category: SECURITY
-- description: The view reads its tables with the rights of its owner and so past the row-level security of whoever
--   asks.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0010_security_definer_view

select
    format('View `%s.%s` reads with the rights of its owner; create it `with (security_invoker = true)`.', r.schema, r.name),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'view'),
    format('%s_%s', r.schema, r.name)
from relations r
where r.exposed and r.kind = 'v' and not r.security_invoker
