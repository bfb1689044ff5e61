-- title: Duplicate index
-- level: WARN
-- category: PERFORMANCE
-- description: Two indexes of a table are the same but for their names; one of them only costs.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0009_duplicate_index

select
    format('Table `%s.%s` has the identical indexes %s.', i.schema, i.table_name, string_agg(format('`%s`', i.name), ', ' order by i.name)),
    jsonb_build_object('schema', i.schema, 'name', i.table_name, 'type', 'table', 'indexes', jsonb_agg(i.name order by i.name)),
    format('%s_%s_%s', i.schema, i.table_name, string_agg(i.name, '_' order by i.name))
from indexes i
where i.is_valid
group by
    i.relation, i.schema, i.table_name, i.method, i.is_unique, i.key_count, i.columns, i.classes, i.collations, i.options,
    i.expressions, i.predicate
having count(*) > 1
