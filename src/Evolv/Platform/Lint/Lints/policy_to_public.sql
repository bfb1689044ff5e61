-- title: Policy without a named role
-- level: WARN
-- category: SECURITY
-- description: A policy without TO binds every role, also those that do not exist yet, and is evaluated for roles that
--   it was not written for.
-- remediation: Name the roles: create policy … to authenticated.

select
    format('Policy `%s` of table `%s.%s` is for everybody (PUBLIC); name its roles.', p.name, p.schema, p.table_name),
    jsonb_build_object('schema', p.schema, 'name', p.table_name, 'type', 'table', 'policy', p.name),
    format('%s_%s_%s', p.schema, p.table_name, p.name)
from policies p
where 0 = any (p.roles)
