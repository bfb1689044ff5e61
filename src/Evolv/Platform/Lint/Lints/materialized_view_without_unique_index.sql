-- title: Materialized view without a unique index
-- level: WARN
-- category: PERFORMANCE
-- description: Without a unique index over columns and without a condition, REFRESH … CONCURRENTLY fails, and a plain
--   refresh locks out every reader.
-- remediation: Create a unique index on the column that identifies a row.

select
    format('Materialized view `%s.%s` has no unique index; `refresh materialized view concurrently` fails.', r.schema, r.name),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'materialized view'),
    format('%s_%s', r.schema, r.name)
from relations r
where r.kind = 'm'
    and not exists (
        select
        from indexes i
        where i.relation = r.oid and i.is_unique and i.is_valid and i.predicate = '' and i.expressions = '')
