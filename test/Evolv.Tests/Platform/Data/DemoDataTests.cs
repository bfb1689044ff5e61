using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Platform.Data;

public sealed class DemoDataTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_demo_community_keeps_every_promise_of_the_database()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();

        await DemoData.LoadAsync(owner, Hash, Token);

        await database.AssertInvariantsAsync();
        Assert.Equal("50 people, 5 guilds, 12 paths, 200 posts", await database.ScalarAsync<string>(
            """
            select format('%s people, %s guilds, %s paths, %s posts',
                (select count(*) from public.profiles where handle is not null and length(full_name) > 3),
                (select count(*) from public.guilds where members_count > 3),
                (select count(*) from public.learning_paths where total_steps between 5 and 8 and enrollment_count > 0),
                (select count(*) from public.posts))
            """));
        // Everything is told as of when it happened, and is what its events give.
        var wrong = await database.ScalarAsync<string>(
            """
            select coalesce(string_agg(what || ' ' || n, ', '), '')
            from (
                select 'events of today', count(*) from public.activity_events where occurred_at > date_trunc('day', now(), 'UTC')
                union all
                select 'events in another zone', count(*)
                from public.activity_events e
                join public.user_settings s using (user_id)
                where e.time_zone <> s.time_zone
                union all
                select 'events that wait', count(*) from evolv.pending_events
                union all
                select 'events in another place', count(*)
                from public.activity_events e
                left join evolv.settled_events s on s.event_id = e.id
                where (s.at - e.occurred_at between interval '0' and interval '1 second') is not true
                union all
                select 'histories that give something else', count(*) from public.profiles p where evolv.verify_xp(p.id) is not null
                union all
                select 'events of less than 80 days', count(*)
                from (select min(occurred_at) as first from public.activity_events) e
                where first > now() - interval '80 days'
                union all
                select 'entries apart from their event', count(*)
                from public.xp_transactions x
                join public.activity_events e on e.id = x.event_id
                where x.awarded_at <> e.occurred_at
                union all
                select 'badges apart from their event', count(*)
                from public.user_badges b
                join public.activity_events e on e.id = b.event_id
                where b.earned_at <> e.occurred_at
                union all
                select 'feed items of today', count(*) from public.feed_items where created_at > date_trunc('day', now(), 'UTC')
                union all
                select 'badges without their news', count(*)
                from public.user_badges b
                where not exists (
                    select
                    from public.feed_items f
                    where f.user_id = b.user_id and f.content ->> 'badge_id' = b.badge_id::text and f.created_at = b.earned_at)
                union all
                select 'likes before their post', count(*)
                from public.post_likes l
                join public.posts p on p.id = l.post_id
                where l.created_at < p.created_at
                union all
                select 'replies before their comment', count(*)
                from public.comments c
                join public.comments p on p.id = c.parent_comment_id
                where c.created_at < p.created_at
                union all
                select 'steps before the enrolment', count(*)
                from public.learning_path_step_progress s
                join public.learning_path_enrollments e on e.id = s.enrollment_id
                where s.completed_at < e.enrolled_at
                union all
                select 'triggers off', count(*) from pg_trigger where tgenabled = 'D'
                union all
                select 'people told of history', count(*) from realtime.messages
            ) checks (what, n)
            where n > 0
            """);
        Assert.Equal("", wrong);
    }

    [Fact]
    public async Task Every_state_occurs_in_the_demo_community()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();

        await DemoData.LoadAsync(owner, Hash, Token);

        Assert.Equal("followers private public", await StatesAsync("select distinct visibility from public.posts"));
        Assert.Equal("active banned invited requested", await StatesAsync("select distinct state from public.guild_members"));
        Assert.Equal("accepted pending", await StatesAsync("select distinct status from public.user_follows"));
        Assert.Equal("completed in_progress not_started skipped", await StatesAsync("select distinct status from public.learning_path_step_progress"));
        Assert.Equal("approved pending rejected under_review", await StatesAsync("select distinct status from public.certification_requests"));
        Assert.Equal("expired revoked valid", await StatesAsync(
            "select distinct v.status from public.certifications c, public.verify_certificate(c.certificate_number) v"));
        Assert.Equal("admin moderator reviewer teacher", await StatesAsync("select distinct role from public.user_roles"));
        Assert.Equal("achievement certification course_completion post skill_update", await StatesAsync("select distinct activity_type from public.feed_items"));
        Assert.Equal("anonymous hidden public", await StatesAsync("select distinct leaderboard_mode from public.user_settings"));
        Assert.Equal("false true", await StatesAsync("select distinct completion_percentage in (0, 100) from public.learning_path_enrollments"));
        Assert.Equal("2", await StatesAsync("select count(distinct user_id) from public.career_assessments"));

        // Who did something has grown by it, some more than others.
        Assert.Equal("", await database.ScalarAsync<string>(
            """
            select coalesce(string_agg(p.handle, ' '), '')
            from public.profiles p
            join public.user_levels l on l.user_id = p.id
            where exists (select from public.activity_events e where p.id in (e.user_id, e.actor_id))
                and not exists (select from public.streaks s where s.user_id = p.id and s.longest_length > 0 and l.total_xp > 0)
            """));
        Assert.Equal("t t t t t", await database.ScalarAsync<string>(
            """
            select concat_ws(' ',
                (select min(n) >= 3 and count(*) >= 5 from (select count(*) as n from public.user_levels group by current_level) levels),
                (select min(n) >= 3 and count(*) >= 5 from (select count(*) as n from public.user_badges group by badge_id) badges),
                (select max(longest_length) >= 30 and count(*) filter (where current_length >= 7) >= 5 from public.streaks),
                (select bool_or(current < target) and count(*) > 50 from public.badge_progress),
                (select bool_or(reason = 'repeated') and not exists (select from public.integrity_flags) from public.xp_refusals))
            """));

        Task<string> StatesAsync(string query) => database.ScalarAsync<string>(
            $"select string_agg(state::text, ' ' order by state::text) from ({query}) states (state)");
    }

    [Fact]
    public async Task Loading_twice_changes_nothing()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();
        var first = await DemoData.LoadAsync(owner, Hash, Token);
        await database.ExecuteAsync("delete from public.posts where id = 'de300000-0006-4000-8000-000000000001'");
        var before = await ContentsAsync(owner);

        var second = await DemoData.LoadAsync(owner, Hash, Token);

        Assert.Equal(before, await ContentsAsync(owner));
        var password = Assert.Single(first.Select(login => login.Password).Distinct());
        Assert.Equal(16, password!.Length);
        Assert.Equal(
            [
                new DemoLogin("admin", "admin@demo.evolv.test", password),
                new DemoLogin("teacher", "teacher@demo.evolv.test", password),
                new DemoLogin("learner", "learner@demo.evolv.test", password),
            ],
            first);
        Assert.Equal(first.Select(login => login with { Password = null }), second);
        Assert.Equal(3L, await database.ScalarAsync<long>(
            $"select count(*) from auth.users where encrypted_password = '{Hash(password)}'"));
    }

    [Fact]
    public async Task Two_installations_get_the_same_community_with_different_passwords()
    {
        await using var one = await cluster.CreateDatabaseAsync();
        await using var other = await cluster.CreateDatabaseAsync();
        await using var oneOwner = await one.OpenOwnerAsync();
        await using var otherOwner = await other.OpenOwnerAsync();

        var oneLogins = await DemoData.LoadAsync(oneOwner, Hash, Token);
        var otherLogins = await DemoData.LoadAsync(otherOwner, Hash, Token);

        Assert.NotEqual(oneLogins[0].Password, otherLogins[0].Password);
        const string Standings =
            """
            select string_agg(concat_ws(' ', p.id, p.full_name, l.total_xp, p.followers_count, p.following_count), e'\n' order by p.id)
                || (select sum(likes_count + 1000 * comments_count) from public.posts)
            from public.profiles p
            join public.user_levels l on l.user_id = p.id
            """;
        Assert.Equal(await one.ScalarAsync<string>(Standings), await other.ScalarAsync<string>(Standings));
    }

    [Fact]
    public async Task Removing_the_demo_community_leaves_real_people_alone()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();
        var person = await database.AddPersonAsync("Real Person");
        var friend = await database.AddPersonAsync("Real Friend");
        await database.ExecuteAsync(
            $"""
            insert into public.posts (id, user_id, content) values ('{friend}', '{friend}', 'Hello');
            insert into public.user_follows (follower_id, following_id, status) values ('{friend}', '{person}', 'accepted');
            """);
        await SettleAsync(database);
        var before = await RowsAsync(owner);
        await DemoData.LoadAsync(owner, Hash, Token);
        // They meet, one of the community deletes the account, and its admin works.
        await database.ExecuteAsync(
            $"""
            insert into public.user_follows (follower_id, following_id, status) values
                ('{person}', 'de300000-0001-4000-8000-000000000003', 'accepted'),
                ('de300000-0001-4000-8000-000000000002', '{person}', 'accepted');
            insert into public.guild_members (guild_id, user_id) values ('de300000-0002-4000-8000-000000000001', '{person}');
            insert into public.learning_path_enrollments (user_id, path_id) values ('{person}', 'de300000-0003-4000-8000-000000000001');
            insert into public.post_likes (post_id, user_id)
            select id, '{person}' from public.posts where user_id <> '{friend}' limit 5;
            insert into public.post_likes (post_id, user_id) values ('{friend}', 'de300000-0001-4000-8000-000000000003');
            insert into public.comments (post_id, user_id, content) values ('{friend}', 'de300000-0001-4000-8000-000000000004', 'Welcome');
            insert into public.user_roles (user_id, role) values ('de300000-0001-4000-8000-000000000005', 'moderator');
            delete from auth.users where id = 'de300000-0001-4000-8000-000000000007';
            """);
        await SettleAsync(database);
        await database.ExecuteAsync(
            """
            with flag as (
                insert into public.integrity_flags (user_id, rule_id, event_id, reason)
                select e.user_id, r.id, e.id, 'Too fast'
                from public.activity_events e
                cross join public.xp_rules r
                where e.user_id = 'de300000-0001-4000-8000-000000000003' and e.type = 'post.liked' and r.slug = 'like-received'
                limit 1
                returning id, user_id
            )
            insert into public.integrity_appeals (flag_id, user_id, body) select id, user_id, 'I am liked' from flag;
            insert into public.post_likes (post_id, user_id) -- and one that still waits
            select id, 'de300000-0001-4000-8000-000000000005' from public.posts where user_id = 'de300000-0001-4000-8000-000000000003' limit 1;
            """);
        await database.AssertInvariantsAsync();
        // What they earned by each other is theirs.
        var earned = (await RowsAsync(owner)).Where(row => IsHistory(row) && (row.Contains($"\"user_id\": \"{person}\"", StringComparison.Ordinal)
            || row.Contains($"\"user_id\": \"{friend}\"", StringComparison.Ordinal))).ToList();

        await DemoData.RemoveAsync(owner, Token);

        await database.AssertInvariantsAsync();
        Assert.Contains(earned, row => row.StartsWith("xp_transactions ", StringComparison.Ordinal));
        Assert.Equal([.. before.Where(row => !IsHistory(row)).Concat(earned).Order(StringComparer.Ordinal)], await RowsAsync(owner));
        await DemoData.RemoveAsync(owner, Token);
        Assert.Equal([.. before.Where(row => !IsHistory(row)).Concat(earned).Order(StringComparer.Ordinal)], await RowsAsync(owner));
    }

    [Fact]
    public async Task A_rule_that_the_demo_admin_published_outlives_the_community()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();
        await DemoData.LoadAsync(owner, Hash, Token);
        await database.ExecuteAsync(
            """
            insert into public.xp_rule_versions (rule_id, version, event_type, amount, published_by)
            select id, 2, 'person.active', 20, 'de300000-0001-4000-8000-000000000001' from public.xp_rules where slug = 'daily-login';
            insert into public.badge_rule_versions (badge_id, version, rule, event_types, published_by)
            select badge_id, 2, rule, event_types, 'de300000-0001-4000-8000-000000000001' from public.badge_rule_versions limit 1;
            insert into public.level_tables (version, published_by) values (2, 'de300000-0001-4000-8000-000000000001');
            insert into public.level_definitions (version, level, xp_required, xp_to_next)
            select 2, level, xp_required, xp_to_next from public.level_definitions;
            """);

        await DemoData.RemoveAsync(owner, Token);

        Assert.Equal(3L, await database.ScalarAsync<long>(
            """
            select count(*)
            from (
                select version, published_by from public.xp_rule_versions
                union all select version, published_by from public.badge_rule_versions
                union all select version, published_by from public.level_tables
            ) v
            where version = 2 and published_by is null
            """));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_trigger where tgenabled = 'D'"));
    }

    static async Task SettleAsync(TestDatabase database)
    {
        while (await database.ScalarAsync<int>("select evolv.settle_pending(1000)") > 0)
        {
        }
    }

    static string Hash(string password) => $"hash of {password}";

    // What people have done and what they have by it.
    static bool IsHistory(string row) => row.Split(' ')[0] is
        "activity_events" or "xp_transactions" or "xp_refusals" or "user_badges" or "badge_progress" or "streaks" or "user_levels"
        or "feed_items" or "evolv.derived_events" or "evolv.settled_events" or "evolv.pending_events";

    static async Task<string> ContentsAsync(NpgsqlConnection owner) => string.Join('\n', await RowsAsync(owner));

    /// <summary>
    /// All rows, each after the name of its table, but for the times of the last change. Not the leaderboards: they are computed
    /// from the rest, now or a moment later.
    /// </summary>
    static async Task<List<string>> RowsAsync(NpgsqlConnection owner)
    {
        await using var command = new NpgsqlCommand(
            """
            select format('%s %s', c.oid::regclass, t.row)
            from pg_class c
            cross join lateral unnest(xpath('//r/text()', query_to_xml(format(
                'select to_jsonb(t) - ''updated_at'' as r from %s t', c.oid::regclass), true, false, ''))::text[]) t (row)
            where c.relkind in ('r', 'm') and c.relnamespace::regnamespace::text in ('auth', 'evolv', 'public')
                and c.relname not in ('leaderboard_entries', 'leaderboard_counts', 'leaderboard_changes')
            """, owner);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var rows = new List<string>();
        while (await reader.ReadAsync(Token))
            rows.Add(reader.GetString(0));
        rows.Sort(StringComparer.Ordinal);
        return rows;
    }
}
