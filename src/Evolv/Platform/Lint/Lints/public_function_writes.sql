-- title: Function that writes can be called by everybody
-- level: WARN
-- category: SECURITY
-- description: PUBLIC may execute every new function, and one in an exposed schema is callable as rpc; this one writes.
-- remediation: revoke execute on function … from public, and grant it to the roles that need it.

-- Sees what the function writes itself, not what the functions write that it calls. A trigger function cannot be called.
select
    format('Function `%s.%s(%s)` writes, and PUBLIC may execute it.', f.schema, f.name, f.arguments),
    jsonb_build_object('schema', f.schema, 'name', f.name, 'type', 'function', 'arguments', f.arguments),
    format('%s_%s_%s', f.schema, f.name, md5(f.arguments))
from routines f
where f.exposed
    and f.may_write
    and not f.is_trigger
    and exists (
        select
        from aclexplode(coalesce(f.acl, acldefault('f', f.owner))) g
        where g.grantee = 0 and g.privilege_type = 'EXECUTE')
    and f.body ~ concat(
        '\m(insert\s+into|update\s+(only\s+)?[^\s;]+(\s+(as\s+)?\w+)?\s+set|delete\s+from|merge\s+into|truncate|',
        'refresh\s+materialized\s+view|alter\s+(table|role|system)|drop\s+\w+|grant\s+\w+|create\s+\w+)\M')
