-- title: Public bucket allows listing
-- level: WARN
-- category: SECURITY
-- description: The files of a public bucket are served without a policy; a SELECT policy for everybody only adds that
--   they can be listed.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0025_public_bucket_allows_listing
-- requires: storage.buckets

-- A policy is broad when it asks for nothing but the bucket.
select
    format('Policy `%s` of `storage.objects` lets %s list the files of the public bucket `%s`.', p.polname,
        string_agg(distinct format('`%s`', a.name), ', '), b.id),
    jsonb_build_object('schema', 'storage', 'name', 'objects', 'type', 'table', 'policy', p.polname, 'bucket', b.id),
    format('%s_%s', b.id, p.polname)
from storage.buckets b
join pg_catalog.pg_policy p on p.polrelid = to_regclass('storage.objects') and p.polcmd in ('r', '*') and p.polpermissive
join api_roles a on 0 = any (p.polroles) or a.oid = any (p.polroles)
cross join lateral (select pg_catalog.pg_get_expr(p.polqual, p.polrelid) as text) condition
where b.public
    and (condition.text = 'true'
        or condition.text ~ format('^\(?bucket_id = %s(::text)?\)?$', regexp_replace(quote_literal(b.id), '(\W)', '\\\1', 'g')))
group by p.polname, b.id
