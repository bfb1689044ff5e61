-- title: Function with a mutable search_path
-- level: WARN
-- category: SECURITY
-- description: The names in the function are looked up on the search_path of whoever calls it, who can put other
--   objects in their place.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0011_function_search_path_mutable

-- Unlike Supabase's, this leaves SQL-standard bodies (`return …`, `begin atomic`) alone: their names were resolved when the
-- function was created, and a SET would keep the planner from inlining them.
select
    format('Function `%s.%s(%s)` does not set search_path.', f.schema, f.name, f.arguments),
    jsonb_build_object('schema', f.schema, 'name', f.name, 'type', 'function', 'arguments', f.arguments),
    format('%s_%s_%s', f.schema, f.name, md5(f.arguments))
from routines f
where not f.has_search_path and not f.has_sql_body
