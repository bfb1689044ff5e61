-- title: Index that is the beginning of another
-- level: WARN
-- category: PERFORMANCE
-- description: Every query that the index serves is served by another one that begins with the same columns, or is
--   unique over them; it only costs at writes.
-- remediation: Drop the shorter index.

-- Two identical definitions are duplicate_index. An index that is read backwards serves the opposite order, too: the last
-- two bits of an option are DESC and NULLS FIRST.
select
    format('Index `%s` of `%s.%s` is the beginning of `%s` and can be dropped.', i.name, i.schema, i.table_name, min(b.name)),
    jsonb_build_object(
        'schema', i.schema, 'name', i.table_name, 'type', 'table', 'index', i.name,
        'covered_by', jsonb_agg(b.name order by b.name)),
    format('%s_%s_%s', i.schema, i.table_name, i.name)
from indexes i
join indexes b on b.relation = i.relation and b.oid <> i.oid
where i.method = 'btree'
    and b.method = 'btree'
    and b.is_valid
    and not i.is_rule
    and i.expressions = ''
    and (b.key_count > i.key_count or (b.key_count = i.key_count and b.is_unique))
    and b.predicate = i.predicate
    and b.columns[1:i.key_count] = i.columns[1:i.key_count]
    and b.classes[1:i.key_count] = i.classes
    and b.collations[1:i.key_count] = i.collations
    and (b.options[1:i.key_count] = i.options
        or b.options[1:i.key_count] = array(
            select (o # 3)::int2 from unnest(i.options) with ordinality u (o, position) order by position))
    and i.columns[i.key_count + 1:] <@ b.columns
group by i.schema, i.table_name, i.name
