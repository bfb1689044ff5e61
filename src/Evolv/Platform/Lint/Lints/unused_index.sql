-- title: Unused index
-- level: INFO
-- category: PERFORMANCE
-- description: An index that no query has used still costs time at every write.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0005_unused_index

-- Silent until the statistics can tell: an empty or young database uses no index at all, and a small table is read as a
-- whole whatever indexes it has. So the table must hold 10,000 rows and have been read 1,000 times since they began.
-- Indexes that enforce a rule are never unused.
select
    format('Index `%s` of table `%s.%s` has not been used.', i.name, i.schema, i.table_name),
    jsonb_build_object('schema', i.schema, 'name', i.table_name, 'type', 'table', 'index', i.name),
    format('%s_%s_%s', i.schema, i.table_name, i.name)
from indexes i
join pg_catalog.pg_stat_all_indexes used on used.indexrelid = i.oid
join pg_catalog.pg_stat_all_tables read on read.relid = i.relation
where used.idx_scan = 0
    and not i.is_rule
    and read.n_live_tup >= 10000
    and coalesce(read.seq_scan, 0) + coalesce(read.idx_scan, 0) >= 1000
