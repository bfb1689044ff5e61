using System.Text.Json;
using Evolv.Platform.Audit;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Evolv.Tests.Platform.Audit;

/// <summary>What is appended to the audit log, and who may read it.</summary>
public sealed class AuditLogTests(AuditedServer world) : IClassFixture<AuditedServer>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Deeds => [.. AuditedDeeds.All.Keys];

    [Theory]
    [MemberData(nameof(Deeds))]
    public async Task Every_sensitive_deed_leaves_its_entry(string name)
    {
        var deed = AuditedDeeds.All[name];
        var mark = 0L;

        var (about, actor) = await deed.DoAsync(world, async () => mark = await world.MarkAsync());
        var entries = await world.SinceAsync(mark);

        Assert.Equal(deed.Actions, entries.Select(entry => entry.Action));
        if (about is not null)
            Assert.All(entries, entry => Assert.Equal(about, entry.About));
        if (actor is not null)
            Assert.All(entries, entry => Assert.Equal(actor, entry.Actor));
        Assert.All(entries, entry => Assert.DoesNotContain(AuditedServer.Canary, entry.Whole, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_an_operator_does_under_somebodys_name_tells_who_was_logged_in()
    {
        var (ada, grace) = (await world.PersonAsync("admin"), await world.PersonAsync());
        var mark = await world.MarkAsync();

        await world.Server.Database.ExecuteAsync(
            $$"""
            set role authenticated;
            select set_config('request.jwt.claims', '{"sub":"{{ada.Id}}","role":"authenticated"}', false);
            insert into user_roles (user_id, role) values ('{{grace.Id}}', 'admin')
            """);

        var entry = Assert.Single(await world.SinceAsync(mark));
        Assert.Equal((ada.Id, "postgres"), (entry.Actor, entry.Login));
    }

    [Theory]
    [InlineData("203.0.113.77", "203.0.113.0/24")]
    [InlineData("2001:db8:1:2::3", "2001:db8:1::/48")]
    [InlineData("", null)]
    public async Task From_where_somebody_came_is_kept_as_a_network(string address, string? network)
    {
        var mark = await world.MarkAsync();

        await world.Server.Database.ExecuteAsync(
            $$"""insert into auth.audit_log_entries (payload, ip_address) values ('{"action":"login","actor_id":"{{Guid.NewGuid()}}"}', '{{address}}')""");

        var entry = Assert.Single(await world.SinceAsync(mark));
        Assert.Equal(network, JsonElement.Parse(entry.Whole).GetProperty("network").GetString());
        Assert.True(address.Length == 0 || !entry.Whole.Contains(address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_undone_leaves_nothing()
    {
        var ada = await world.PersonAsync();
        var mark = await world.MarkAsync();

        await world.Server.Database.ExecuteAsync($"begin; insert into user_roles (user_id, role) values ('{ada.Id}', 'admin'); rollback");

        Assert.Empty(await world.SinceAsync(mark));
    }

    [Fact]
    public async Task Nobody_writes_edits_or_removes_entries()
    {
        var database = world.Server.Database;
        var people = new List<Caller> { Caller.Anonymous, Caller.Service, Caller.AuthAdmin };
        foreach (var roles in new string[][] { [], ["teacher"], ["moderator"], ["reviewer"], ["admin"] })
            people.Add(Caller.User((await world.PersonAsync(roles)).Id));
        foreach (var caller in people)
        {
            foreach (var table in new[] { "chains", "entries", "pending" })
            {
                await database.AssertRefusedAsync(caller, ActingAs.Raw($"insert into audit.{table} default values"));
                await database.AssertRefusedAsync(caller, ActingAs.Raw($"delete from audit.{table}"));
                await database.AssertRefusedAsync(caller, ActingAs.Raw($"truncate audit.{table}"));
                await database.AssertRefusedAsync(caller, ActingAs.Raw($"select from audit.{table}"));
            }

            await database.AssertRefusedAsync(caller, $"update audit.entries set action = 'x.y'");
            await database.AssertRefusedAsync(caller, $"update audit.pending set action = 'x.y'");
            await database.AssertRefusedAsync(caller, $"select audit.append('account.signed_in', null, 'account', null)");
        }
    }

    [Theory]
    [InlineData("update audit.entries set action = 'x.y'")]
    [InlineData("delete from audit.entries")]
    [InlineData("truncate audit.entries")]
    [InlineData("update audit.pending set action = 'x.y'")]
    [InlineData("truncate audit.pending")]
    [InlineData("begin; select audit.append('account.signed_in', null, 'account', null); delete from audit.pending")]
    [InlineData("update audit.chains set id = gen_random_uuid()")]
    [InlineData("delete from audit.chains")]
    [InlineData("set session_replication_role = replica; delete from audit.entries")]
    public async Task Not_even_the_owner_edits_or_removes_by_mistake(string statement)
    {
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => world.Server.Database.ExecuteAsync(statement));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        Assert.StartsWith("the audit log is append-only", refusal.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Admins_and_the_service_read_all_people_what_concerns_them_and_strangers_nothing()
    {
        var database = world.Server.Database;
        var (admin, ada, bob) = (await world.PersonAsync("admin"), await world.PersonAsync(), await world.PersonAsync());
        await admin.Http.CallAsync("add-xp", new { user_id = ada.Id, amount = 5, source = "quiz_completion" });
        await database.ScalarAsync<int>("select sealed from audit.seal(1000)");
        Sql all = $"select action from audit_entries()";

        Assert.Equal(["xp.awarded_by_hand", "account.signed_up"], await database.ColumnAsync<string>(Caller.User(ada.Id), all));
        Assert.Equal(["account.signed_up"], await database.ColumnAsync<string>(Caller.User(bob.Id), all));
        foreach (var reader in new[] { Caller.User(admin.Id), Caller.Service })
        {
            Assert.Contains("key.created", await database.ColumnAsync<string>(reader, $"select action from audit_entries(max_entries => 1000)"));
            Assert.Equal(["account.signed_up"], await database.ColumnAsync<string>(reader, $"select action from audit_entries({bob.Id})"));
            Assert.Single(await database.ColumnAsync<string>(reader, $"select action from audit_entries(max_entries => 1)"));
        }

        await database.AssertRefusedAsync(Caller.User(bob.Id), $"select from audit_entries({ada.Id})");
        await database.AssertRefusedAsync(Caller.User(bob.Id), $"select from evolv.audit_entries({ada.Id}, null, 1)");
        await database.AssertRefusedAsync(Caller.Anonymous, $"select from audit_entries()");
        await database.AssertRefusedAsync(new Caller(Caller.AuthenticatedRole, "{}"), $"select from audit_entries()");
    }

    [Fact]
    public async Task Twenty_who_sign_in_and_twenty_awards_at_once_leave_a_chain_without_gaps()
    {
        var admin = await world.PersonAsync("admin");
        var people = new List<Person>();
        for (var i = 0; i < 4; i++)
            people.Add(await world.PersonAsync());
        var mark = await world.MarkAsync();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => i % 2 == 0
            ? world.Server.TokenOfGuestAsync()
            : admin.Http.CallAsync("add-xp", new { user_id = people[i % people.Count].Id, amount = 1, source = "quiz_completion" }) as Task));
        var entries = await world.SinceAsync(mark);
        while (await world.Server.Database.ScalarAsync<long>("select count(*) from audit.pending") > 0)
            await Task.Delay(50, Token); // The server seals by itself.

        Assert.Equal(40, entries.Count);
        await using var owner = await world.Server.Database.OpenOwnerAsync();
        var report = await AuditVerifier.VerifyAsync(owner, world.Server.Services.GetRequiredService<AuditHeads>(), expected: null, newest: null, Token);
        Assert.Empty(report.Problems);
        Assert.Equal(0, report.NotSealed);
        Assert.Equal(report.Head.Count, await world.Server.Database.ScalarAsync<long>("select count(*) from audit.entries"));
        Assert.Equal(40L, await world.Server.Database.ScalarAsync<long>($"select count(*) from audit.entries where id > {mark}"));
    }
}
