-- title: Policy for service_role
-- level: INFO
-- category: PERFORMANCE
-- description: service_role bypasses row-level security, so that a policy for it changes nothing for service_role; it
--   is evaluated for everybody else.
-- remediation: Drop the policy; what service_role may do is in its grants.

select
    format('Policy `%s` of table `%s.%s` is about service_role, which bypasses row-level security.', p.name, p.schema, p.table_name),
    jsonb_build_object('schema', p.schema, 'name', p.table_name, 'type', 'table', 'policy', p.name),
    format('%s_%s_%s', p.schema, p.table_name, p.name)
from policies p
where p.permissive
    and (p.roles = array(select oid from pg_catalog.pg_roles where rolname = 'service_role' and rolbypassrls)
        or concat_ws(' ', p.using_text, p.check_text) ~ 'role[^=<>]*= ''service_role''')
