-- title: Inner view reads past row-level security
-- level: WARN
-- category: SECURITY
-- description: A view outside the exposed schemas reads a table with row-level security with the rights of its owner,
--   and an API role may read the view.
-- remediation: Create it with (security_invoker = true), or revoke SELECT on it from the API roles.

-- Views of exposed schemas are security_definer_view.
select
    format('View `%s.%s` shows %s past their row-level security to %s.', v.schema, v.name,
        string_agg(distinct format('`%s.%s`', t.schema, t.name), ', '), string_agg(distinct format('`%s`', a.name), ', ')),
    jsonb_build_object(
        'schema', v.schema, 'name', v.name, 'type', 'view',
        'tables', jsonb_agg(distinct t.schema || '.' || t.name), 'roles', jsonb_agg(distinct a.name)),
    format('%s_%s', v.schema, v.name)
from relations v
join api_roles a on has_any_column_privilege(a.oid, v.oid, 'SELECT') and has_schema_privilege(a.oid, v.schema, 'USAGE')
join view_sources s on s.view = v.oid
join relations t on t.oid = s.source and t.is_table and t.has_rls
where not v.exposed and v.kind = 'v' and not v.security_invoker
group by v.schema, v.name
