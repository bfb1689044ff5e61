using Npgsql;

namespace Evolv.Tests.Authority;

/// <summary>What must hold for every table, view, policy and function, also for those that nobody has written yet.</summary>
public sealed class PrivilegeTests(AuthorityWorld world) : IClassFixture<AuthorityWorld>
{
    const string ApiRoles = "('anon', 'authenticated', 'service_role')";

    [Fact]
    [Trait("probe", "24")]
    public async Task Nobody_truncates_a_table()
    {
        foreach (var table in world.Attempts.Keys.Except(["leaderboard_all_time"]))
            foreach (var (_, _, caller) in world.Actors)
            {
                var (_, refusal) = await world.TryAsync(caller, $"truncate public.{table} cascade");
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal?.SqlState);
            }
    }

    [Fact]
    public Task Api_roles_hold_no_privilege_but_to_read_and_write_rows() => AssertNoneAsync(
        $"""
        select format('%s may %s %s', r.rolname, p.privilege, c.oid::regclass)
        from pg_class c
        cross join pg_roles r
        cross join unnest(array['truncate', 'references', 'trigger', 'maintain']) as p (privilege)
        where c.relkind in ('r', 'p', 'v', 'm')
            and c.relnamespace::regnamespace::text in ('public', 'evolv', 'audit', 'auth', 'realtime', 'evolv_migrations')
            and r.rolname in {ApiRoles}
            and has_table_privilege(r.rolname, c.oid, p.privilege)
        """);

    [Fact]
    [Trait("defect", "23")]
    public Task Api_roles_reach_no_table_outside_public() => AssertNoneAsync(
        $"""
        select format('%s may %s %s', r.rolname, p.privilege, c.oid::regclass)
        from pg_class c
        cross join pg_roles r
        cross join unnest(array['select', 'insert', 'update', 'references']) as p (privilege)
        where c.relkind in ('r', 'p', 'v', 'm')
            and c.relnamespace::regnamespace::text in ('evolv', 'audit', 'auth', 'realtime', 'evolv_migrations')
            and c.oid <> 'realtime.messages'::regclass -- as on hosted Supabase: what its policies say; its partitions are closed
            and r.rolname in {ApiRoles}
            and (has_table_privilege(r.rolname, c.oid, 'delete') or has_any_column_privilege(r.rolname, c.oid, p.privilege))
        """);

    [Fact]
    [Trait("defect", "16")]
    public Task Every_table_has_row_level_security() => AssertNoneAsync(
        """
        select oid::regclass::text
        from pg_class
        where relkind in ('r', 'p') and not relrowsecurity
            and relnamespace::regnamespace::text in ('public', 'evolv', 'audit', 'auth', 'realtime')
        """);

    [Fact]
    public Task Every_definer_function_pins_its_search_path() => AssertNoneAsync(
        """
        select oid::regprocedure::text
        from pg_proc
        where prosecdef
            and pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
            and not coalesce(proconfig, '{}') @> array['search_path=""']
        """);

    [Fact]
    public Task Every_view_asks_as_its_reader() => AssertNoneAsync(
        """
        select oid::regclass::text
        from pg_class
        where relkind = 'v' and relnamespace = 'public'::regnamespace and not coalesce(reloptions, '{}') @> array['security_invoker=true']
        """);

    [Fact]
    [Trait("defect", "23")]
    public Task No_materialized_view_is_in_the_api() => AssertNoneAsync(
        "select oid::regclass::text from pg_class where relkind = 'm' and relnamespace = 'public'::regnamespace");

    [Fact]
    [Trait("defect", "47")]
    public Task No_two_policies_allow_the_same() => AssertNoneAsync(
        """
        select format('%s %s %s', tablename, cmd, role)
        from pg_policies
        cross join unnest(roles) role
        where permissive = 'PERMISSIVE'
        group by tablename, cmd, role
        having count(*) > 1
        """);

    [Fact]
    [Trait("defect", "47")]
    public Task No_policy_is_for_everybody_or_for_the_service() => AssertNoneAsync(
        "select policyname::text from pg_policies where roles && array['public', 'service_role']::name[]");

    // pg_get_expr writes what is computed once for a statement as ( SELECT auth.uid() AS uid).
    [Fact]
    [Trait("defect", "47")]
    public Task Policies_ask_who_the_caller_is_once_for_a_statement() => AssertNoneAsync(
        """
        select tablename || ' ' || policyname
        from pg_policies
        where schemaname in ('public', 'realtime')
            and regexp_replace(coalesce(qual, '') || coalesce(with_check, ''),
                'SELECT (unnest\()?(auth\.(uid|jwt|role)\(\)|evolv\.(has_role|hidden_people|my_\w+)\()', '', 'g')
                ~ '(auth\.(uid|jwt|role)|evolv\.(has_role|hidden_people|my_\w+))\('
        """);

    // A deleted row cannot be asked about: its key goes to all subscribers. So no key is made of people.
    [Fact]
    public Task Every_published_table_has_row_level_security_and_a_key_that_tells_nothing() => AssertNoneAsync(
        """
        select c.oid::regclass::text
        from pg_publication_tables t
        join pg_class c on c.oid = format('%I.%I', t.schemaname, t.tablename)::regclass
        where t.pubname = 'supabase_realtime'
            and not (
                c.relrowsecurity
                and c.relreplident = 'd'
                and exists (
                    select
                    from pg_index i
                    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
                    where i.indrelid = c.oid and i.indisprimary
                    having array_agg(a.attname || ' ' || a.atttypid::regtype) = array['id uuid']
                )
            )
        """);

    [Fact]
    public async Task Changes_of_these_tables_are_published()
    {
        Assert.Equal(
            "badge_progress certification_requests certifications comments feed_items guild_members learning_path_enrollments " +
            "learning_path_step_progress posts streaks user_badges user_follows user_levels",
            await world.Database.ScalarAsync<string>(
                "select string_agg(tablename, ' ' order by tablename) from pg_publication_tables where pubname = 'supabase_realtime'"));
        Assert.Equal(
            "realtime.messages insert true",
            await world.Database.ScalarAsync<string>(
                """
                select string_agg(concat_ws(' ', m.prrelid::regclass, case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
                    case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end, p.pubviaroot::text), ', ')
                from pg_publication p
                join pg_publication_rel m on m.prpubid = p.oid
                where p.pubname = 'supabase_realtime_messages_publication'
                """));
    }

    [Fact]
    [Trait("defect", "48")]
    public Task No_index_is_the_beginning_of_another() => AssertNoneAsync(
        """
        select format('%s begins %s', a.indexrelid::regclass, b.indexrelid::regclass)
        from pg_index a
        join pg_index b on a.indrelid = b.indrelid and a.indexrelid <> b.indexrelid
        join pg_class c on c.oid = a.indrelid
        where c.relnamespace::regnamespace::text in ('public', 'evolv', 'audit', 'auth')
            and a.indpred is null and b.indpred is null and a.indexprs is null and b.indexprs is null
            and not a.indisunique
            and (b.indkey::text || ' ') like (a.indkey::text || ' %')
            and (b.indoption::text || ' ') like (a.indoption::text || ' %')
        """);

    [Fact]
    [Trait("defect", "48")]
    public Task Every_foreign_key_has_an_index() => AssertNoneAsync(
        """
        select format('%s %s', f.conrelid::regclass, f.conname)
        from pg_constraint f
        where f.contype = 'f' and f.connamespace::regnamespace::text in ('public', 'evolv', 'audit', 'auth')
            and not exists (
                select
                from pg_index i
                where i.indrelid = f.conrelid
                    and (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey
                    and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) ~ 'IS NOT NULL')
            )
        """);

    [Fact]
    [Trait("defect", "48")]
    public async Task The_feed_and_the_unique_numbers_have_their_index()
    {
        Assert.True(await world.Database.ScalarAsync<bool>(
            """
            select bool_and(exists (select from pg_indexes where schemaname = 'public' and indexdef like pattern))
            from (values
                ('%feed_items USING btree (user_id, created_at DESC%'),
                ('%posts USING btree (user_id, created_at DESC%'),
                ('%UNIQUE INDEX % public.certifications USING btree (certificate_number)')) as wanted (pattern)
            """));
    }

    [Fact]
    [Trait("defect", "1")]
    public Task No_default_needs_an_extension() => AssertNoneAsync(
        """
        select format('%s.%s', adrelid::regclass, adnum)
        from pg_attrdef
        where pg_get_expr(adbin, adrelid) ~ 'uuid_generate|extensions\.'
        union all
        select extname::text from pg_extension where extname <> 'plpgsql'
        """);

    [Fact]
    [Trait("defect", "2")]
    public Task Every_table_that_the_seed_names_exists() => AssertNoneAsync(
        """
        select name
        from unnest(string_to_array(
            'profiles skills user_skills guilds guild_members user_levels xp_transactions badges user_badges leaderboard_all_time ' ||
            'posts post_likes comments user_follows feed_items certification_requests certifications learning_paths ' ||
            'learning_path_steps learning_path_enrollments learning_path_step_progress career_assessments ' ||
            'skill_recommendations ai_generated_paths', ' ')) name
        where to_regclass('public.' || name) is null
        """);

    // PostgREST embeds along foreign keys: profiles:user_id(…) needs one to profiles.
    [Fact]
    [Trait("defect", "10")]
    public Task Every_user_id_refers_to_profiles() => AssertNoneAsync(
        """
        select a.attrelid::regclass::text
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
        where a.attname = 'user_id'
            and not exists (
                select
                from pg_constraint f
                where f.contype = 'f' and f.conrelid = a.attrelid and f.conkey = array[a.attnum]
                    and f.confrelid = 'public.profiles'::regclass
            )
        """);

    async Task AssertNoneAsync(string query)
        => Assert.Equal("", await world.Database.ScalarAsync<string>(
            $"select coalesce(string_agg(found, e'\\n' order by found), '') from ({query}) as f (found)"));
}
