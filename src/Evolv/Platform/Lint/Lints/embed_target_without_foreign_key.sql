-- title: Reference without a foreign key that embedding can follow
-- level: WARN
-- category: PERFORMANCE
-- description: The column names a row elsewhere, but there is no foreign key to an exposed table. Clients cannot embed
--   (PGRST200) and ask twice; nothing keeps the value true.
-- remediation: Reference the exposed table, such as public.profiles (id), instead of auth.users or of nothing.

-- A column with a companion (object_id and object_type) names rows of several tables, which no foreign key can. A table that
-- refuses DELETE and TRUNCATE is history, which outlives what it names.
select
    case
        when f.referenced is null then format('Column `%s` of `%s.%s` has no foreign key.', c.name, r.schema, r.name)
        else format('Column `%s` of `%s.%s` references `%s`, which is not exposed.', c.name, r.schema, r.name, f.referenced)
    end,
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'table', 'column', c.name, 'references', f.referenced),
    format('%s_%s_%s', r.schema, r.name, c.name)
from relations r
join columns c on c.relation = r.oid and c.type = 'pg_catalog.uuid'::regtype and c.name ~ '_id$'
cross join lateral (
    select string_agg(distinct k.confrelid::regclass::text, ', ') as referenced, bool_or(t.exposed) as followed
    from pg_catalog.pg_constraint k
    left join relations t on t.oid = k.confrelid
    where k.contype = 'f' and k.conrelid = r.oid and c.number = any (k.conkey)
) f
where r.exposed
    and r.is_table
    and f.followed is not true
    and not exists (
        select from columns t where t.relation = r.oid and t.name = regexp_replace(c.name, '_id$', '_type'))
    and not exists (
        select
        from pg_catalog.pg_trigger g
        where g.tgrelid = r.oid and g.tgtype & 43 = 42 -- before, for each statement, of DELETE and TRUNCATE
    )
