-- title: System column writable by an API role
-- level: WARN
-- category: SECURITY
-- description: An API role may set a column that its name gives to the system (counters, status, review, roles, totals,
--   timestamps), and neither a policy nor a trigger looks at the value.
-- remediation: Grant INSERT and UPDATE by column without it, or constrain it in WITH CHECK or in a BEFORE trigger.

-- A policy that asks for something else than whose row it is (a role, a claim) decides about the writer, which is enough.
with writable as (
    select r.oid, r.schema, r.name, c.name as column_name, c.number, a.oid as role, a.name as role_name, w.command
    from relations r
    join columns c on c.relation = r.oid and not c.is_generated
    cross join api_roles a
    cross join (values ('INSERT', 4), ('UPDATE', 16)) w (command, trigger_bit)
    where r.exposed
        and r.is_table
        and case (select t.typcategory from pg_catalog.pg_type t where t.oid = c.type)
            when 'N' then c.name ~ '_count$|^(current_level|total_xp|xp|balance|credits)$'
            else c.name ~ concat(
                '^(status|state|role|user_type|verified|created_at|updated_at|issued_at|',
                'is_(premium|admin|staff|moderator|verified|approved|superuser)|(reviewed|approved|verified|granted|revoked)_(at|by))$')
        end
        and has_column_privilege(a.oid, r.oid, c.number, w.command)
        -- A trigger that names the new value decides about it.
        and not exists (
            select
            from pg_catalog.pg_trigger t
            join routines f on f.oid = t.tgfoid
            where t.tgrelid = r.oid
                and not t.tgisinternal
                and t.tgtype & 3 = 3 -- before, for each row
                and t.tgtype & w.trigger_bit <> 0
                and f.body ~ format('\mnew\.%s\M', c.name))
)
select
    format('%s may set %s of `%s.%s`.', string_agg(distinct format('`%s`', w.role_name), ', '),
        string_agg(distinct format('`%s`', w.column_name), ', '), w.schema, w.name),
    jsonb_build_object(
        'schema', w.schema, 'name', w.name, 'type', 'table',
        'columns', jsonb_agg(distinct w.column_name), 'roles', jsonb_agg(distinct w.role_name)),
    format('%s_%s', w.schema, w.name)
from writable w
join relations r on r.oid = w.oid
where (
        not r.has_rls
        or exists (
            select
            from applied_policies p
            where p.relation = w.oid and p.role = w.role and p.covered = w.command and p.permissive
                and (p.check_text = 'true' or p.check_text ~ '\mauth\.uid\(\)')
                and p.check_text !~ format('\m%s\M', w.column_name))
    )
    and not exists (
        select
        from applied_policies p
        where r.has_rls and p.relation = w.oid and p.role = w.role and p.covered = w.command and not p.permissive
            and p.check_text ~ format('\m%s\M', w.column_name))
group by w.schema, w.name
