using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Profiles;

public sealed class ProfileTests(EvolvCluster cluster, SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    [Fact]
    [Trait("defect", "2")]
    public async Task An_account_brings_profile_settings_and_standing()
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");

        Assert.Equal("ada student t 1", await database.ScalarAsync<string>(
            ada,
            $"""
            select p.full_name || ' ' || p.user_type || ' ' || left(s.follow_approval::text, 1) || ' ' || l.current_level
            from profiles p, user_settings s, user_levels l
            where p.id = {ada.UserId} and s.user_id = p.id and l.user_id = p.id
            """));
    }

    [Theory]
    [InlineData("user_type = 'teacher'")]
    [InlineData("is_guest = true")]
    [InlineData("followers_count = 1000")]
    [InlineData("id = gen_random_uuid()")]
    [InlineData("deactivated_at = null")]
    [InlineData("created_at = '2000-01-01'")]
    [Trait("defect", "17")]
    [Trait("probe", "2")]
    public async Task Nobody_changes_what_they_are(string change)
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");

        await database.AssertRefusedAsync(ada, ActingAs.Raw($"update profiles set {change} where id = '{ada.UserId}'"));
        await database.AssertRefusedAsync(ada, $"insert into user_roles (user_id, role) values ({ada.UserId}, 'admin')");
        await database.AssertRefusedAsync(
            ada, $"insert into user_roles (user_id, role) values ({ada.UserId}, 'admin') on conflict (user_id, role) do nothing");
    }

    // What a person says at sign-up is a name and a picture, whatever else they send along.
    [Fact]
    [Trait("defect", "17")]
    public async Task Signing_up_with_a_role_gives_none()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            insert into auth.users (id, email, raw_user_meta_data)
            values (gen_random_uuid(), 'mallory@example.com', '{"full_name": "Mallory", "avatar_url": "javascript:alert(1)",
                "role": "admin", "user_type": "teacher", "is_guest": false, "followers_count": 1000}')
            """);

        Assert.Equal("Mallory,,student,0", await database.ScalarAsync<string>(
            "select concat_ws(',', full_name, coalesce(avatar_url, ''), user_type, followers_count) from profiles"));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from user_roles"));
    }

    [Fact]
    [Trait("defect", "16")]
    [Trait("probe", "3")]
    [Trait("probe", "22")]
    public async Task Nobody_renames_or_deletes_others()
    {
        var database = shared.Database;
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));

        Assert.Equal(0, await database.ExecuteAsync(grace, $"update profiles set full_name = 'x' where id = {ada.UserId}"));
        await database.AssertRefusedAsync(grace, $"delete from profiles where id = {ada.UserId}");
        await database.AssertRefusedAsync(Caller.Anonymous, $"delete from profiles");
        await database.AssertRefusedAsync(Caller.Anonymous, $"update profiles set full_name = 'x'");
        Assert.Equal(1, await database.ExecuteAsync(grace, $"update profiles set full_name = 'Grace' where id = {grace.UserId}"));
    }

    [Fact]
    public async Task Admins_give_and_take_roles_that_end_when_they_expire()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (admin, ada) = (await database.PersonAsync("admin", "admin"), await database.PersonAsync("ada"));

        await database.ExecuteAsync(admin, $"insert into user_roles (user_id, role) values ({ada.UserId}, 'teacher')");
        Assert.Equal(admin.UserId!.Value, await database.ScalarAsync<Guid>(ada, $"select granted_by from user_roles"));
        Assert.True(await database.ScalarAsync<bool>(ada, $"select evolv.has_role('teacher')"));
        await database.ExecuteAsync($"update user_roles set expires_at = now() where user_id = '{ada.UserId}'");
        Assert.False(await database.ScalarAsync<bool>(ada, $"select evolv.has_role('teacher')"));
        await database.AssertRefusedAsync(ada, $"update user_roles set expires_at = null");
        Assert.Equal(1, await database.ExecuteAsync(admin, $"delete from user_roles where user_id = {ada.UserId}"));
    }

    [Theory]
    [InlineData("profiles", "avatar_url = 'javascript:alert(1)'")]
    [InlineData("profiles", "avatar_url = 'data:text/html,x'")]
    [InlineData("profiles", "avatar_url = 'https://example.com/ x'")]
    [InlineData("profiles", "handle = 'Ada!'")]
    [InlineData("profiles", "bio = repeat('x', 2001)")]
    [InlineData("user_settings", "time_zone = 'Mars/Olympus'")]
    [InlineData("user_settings", "activity_visibility = 'anything'")]
    [InlineData("user_settings", "leaderboard_mode = ''")]
    [Trait("defect", "26")]
    [Trait("defect", "50")]
    public async Task Unsafe_and_meaningless_values_are_refused(string table, string change)
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");

        await database.AssertRefusedAsync(ada, ActingAs.Raw($"update {table} set {change}"), PostgresErrorCodes.CheckViolation);
    }

    [Fact]
    [Trait("defect", "16")]
    public async Task Nobody_verifies_their_own_skill_or_drops_a_verified_one()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var skill = await database.ScalarAsync<Guid>("select id from skills where slug = 'sql'");

        await database.AssertRefusedAsync(
            ada, $"insert into user_skills (skill_id, verified, verified_level, verified_at) values ({skill}, true, 'expert', now())");
        await database.AssertRefusedAsync(ada, $"insert into user_skills (user_id, skill_id) values ({grace.UserId}, {skill})");
        await database.ExecuteAsync(ada, $"insert into user_skills (user_id, skill_id) values ({ada.UserId}, {skill})");
        await database.AssertRefusedAsync(ada, $"update user_skills set verified = true");
        await database.ExecuteAsync("update user_skills set verified = true, verified_level = 'expert', verified_at = now()");
        Assert.Equal(0, await database.ExecuteAsync(ada, $"delete from user_skills"));
    }

    [Fact]
    [Trait("defect", "49")]
    public async Task Reference_data_can_be_written_again()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        const string Counts = "select array[(select count(*) from badges), (select count(*) from skills), (select count(*) from level_definitions), (select count(*) from occupation_skills)]";
        var before = await database.ScalarAsync<long[]>(Counts);

        foreach (var file in Migrator.ReferenceData)
            await database.ExecuteAsync(file.Text);

        Assert.Equal(before, await database.ScalarAsync<long[]>(Counts));
        Assert.Equal(11, before[0]);
        foreach (var (table, column) in new[] { ("badges", "name"), ("badges", "slug"), ("skills", "name"), ("skills", "slug") })
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(
                $"update {table} set {column} = (select min({column}) from {table}) where {column} = (select max({column}) from {table})"));
            Assert.Equal(PostgresErrorCodes.UniqueViolation, refusal.SqlState);
        }
    }
}
