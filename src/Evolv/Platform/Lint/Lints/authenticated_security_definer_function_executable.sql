-- title: SECURITY DEFINER function for signed-in users
-- level: WARN
-- category: SECURITY
-- description: A function of an exposed schema runs with the rights of its owner and past row-level security, and the
--   role authenticated may call it.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0029_authenticated_security_definer_function_executable

-- A trigger function cannot be called.
select
    format('Function `%s.%s(%s)` is SECURITY DEFINER, and `authenticated` may call it.', f.schema, f.name, f.arguments),
    jsonb_build_object('schema', f.schema, 'name', f.name, 'type', 'function', 'arguments', f.arguments),
    format('%s_%s_%s', f.schema, f.name, md5(f.arguments))
from routines f
join api_roles a on a.name = 'authenticated' and has_function_privilege(a.oid, f.oid, 'EXECUTE')
where f.exposed and f.security_definer and not f.is_trigger
