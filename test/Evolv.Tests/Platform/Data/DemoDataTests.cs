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
        // What happened is told in the order in which it happened.
        var wrong = await database.ScalarAsync<string>(
            """
            select coalesce(string_agg(what || ' ' || n, ', '), '')
            from (
                select 'events out of order', count(*)
                from (select occurred_at < lag(occurred_at) over (order by id) as is_early from public.activity_events) e
                where is_early
                union all
                select 'events of less than 80 days', count(*)
                from (select min(occurred_at) as first from public.activity_events) e
                where first > now() - interval '80 days'
                union all
                select 'entries apart from their event', count(*)
                from public.xp_transactions x
                join public.activity_events e on e.id = x.event_id
                where x.created_at <> e.occurred_at
                union all
                select 'badges apart from their event', count(*)
                from public.user_badges b
                join public.activity_events e on e.id = b.event_id
                where b.earned_at <> e.occurred_at
                union all
                select 'feed items of today', count(*)
                from public.feed_items
                where created_at > date_trunc('day', now(), 'UTC') + interval '5 minutes'
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
        var before = await ContentsAsync(owner);
        await DemoData.LoadAsync(owner, Hash, Token);
        // They meet, and one of the community deletes the account.
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
        await database.AssertInvariantsAsync();

        await DemoData.RemoveAsync(owner, Token);

        await database.AssertInvariantsAsync();
        Assert.Contains("Real Person", before);
        Assert.Equal(before, await ContentsAsync(owner));
        await DemoData.RemoveAsync(owner, Token);
        Assert.Equal(before, await ContentsAsync(owner));
    }

    static string Hash(string password) => $"hash of {password}";

    /// <summary>All tables with their rows, but for the times of the last change.</summary>
    static async Task<string> ContentsAsync(NpgsqlConnection owner)
    {
        await using var command = new NpgsqlCommand(
            """
            select string_agg(format('%s: %s', c.oid::regclass, t.rows), e'\n' order by c.oid::regclass::text)
            from pg_class c
            cross join lateral (
                select coalesce((xpath('//r/text()', query_to_xml(format(
                    'select string_agg((to_jsonb(t) - ''updated_at'')::text, e''\n'' order by (to_jsonb(t) - ''updated_at'')::text) as r from %s t',
                    c.oid::regclass), true, false, '')))[1]::text, '') as rows
            ) t
            where c.relkind in ('r', 'm') and c.relnamespace::regnamespace::text in ('auth', 'evolv', 'public')
            """, owner);
        return (string)(await command.ExecuteScalarAsync(Token))!;
    }
}
