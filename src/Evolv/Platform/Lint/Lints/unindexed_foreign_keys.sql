-- title: Unindexed foreign keys
-- level: INFO
-- category: PERFORMANCE
-- description: A foreign key without an index that begins with its columns makes joins and deletes of the referenced
--   rows read the whole table.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0001_unindexed_foreign_keys

-- An index for "is not null" rows alone serves as well: a join or a delete never looks for nulls.
select
    format('Table `%s.%s` has the foreign key `%s` without an index that begins with its columns.', r.schema, r.name, k.conname),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'table', 'fkey_name', k.conname, 'fkey_columns', k.conkey),
    format('%s_%s_%s', r.schema, r.name, k.conname)
from pg_catalog.pg_constraint k
join relations r on r.oid = k.conrelid
where k.contype = 'f'
    and k.conparentid = 0
    and not exists (
        select
        from indexes i
        where i.relation = k.conrelid
            and i.is_valid
            and i.columns[1:cardinality(k.conkey)] @> k.conkey
            and i.key_count >= cardinality(k.conkey)
            and (i.predicate = '' or i.predicate in (
                select format('(%I IS NOT NULL)', c.name) from columns c where c.relation = k.conrelid and c.number = any (k.conkey))))
