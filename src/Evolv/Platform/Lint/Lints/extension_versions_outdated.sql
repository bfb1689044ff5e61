-- title: Outdated extension
-- level: WARN
-- category: SECURITY
-- description: The database uses an older version of the extension than the server brings; run alter extension …
--   update.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0022_extension_versions_outdated

select
    format('Extension `%s` is at version %s, the server brings %s; run `alter extension %I update`.',
        e.extname, e.extversion, v.default_version, e.extname),
    jsonb_build_object('name', e.extname, 'type', 'extension', 'installed_version', e.extversion, 'default_version', v.default_version),
    format('%s_%s', e.extname, e.extversion)
from pg_catalog.pg_extension e
join pg_catalog.pg_available_extensions v on v.name = e.extname
where v.default_version <> e.extversion
