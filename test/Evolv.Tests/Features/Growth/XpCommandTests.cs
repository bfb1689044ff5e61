using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

/// <summary>./evolv xp verify, recompute and void, beside a running Evolv.</summary>
public sealed class XpCommandTests
{
    [Fact]
    public async Task Verify_finds_what_does_not_follow_from_the_events_recompute_corrects_it_and_void_takes_back()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();
        var ada = await evolv.ScalarAsync<Guid>("insert into auth.users (id, email) values (gen_random_uuid(), 'ada@example.com'), (gen_random_uuid(), 'bob@example.com') returning id");
        using var service = await evolv.ServiceAsync();
        Assert.Equal(200, (await service.CallAsync("add-xp", new { user_id = ada, amount = 150, source = "quiz_completion" })).Status);

        Assert.Equal((0, "2 people have what their events say."), await XpAsync("verify"));

        // Somebody mends the ledger by hand.
        await evolv.ScalarAsync<int>(
            """
            alter table xp_transactions disable trigger xp_transactions_append_only;
            update xp_transactions set amount = 999;
            alter table xp_transactions enable trigger xp_transactions_append_only;
            select 1
            """);
        var (code, found) = await XpAsync("verify", "--user", "ada@example.com");
        Assert.Equal(1, code);
        Assert.StartsWith($"{ada} differs in entries\n", found, StringComparison.Ordinal);
        Assert.EndsWith("1 of 1 people do not have what their events say; ./evolv xp recompute corrects them.", found, StringComparison.Ordinal);

        Assert.Equal((0, $"{ada} corrected\n1 of 2 people corrected."), await XpAsync("recompute"));
        Assert.Equal((0, "2 people have what their events say."), await XpAsync("verify"));
        Assert.Equal(150L, await evolv.ScalarAsync<long>($"select sum(amount)::bigint from xp_transactions where user_id = '{ada}'"));

        var entry = await evolv.ScalarAsync<Guid>("select id from xp_transactions where amount = 150");
        Assert.Equal(0, (await XpAsync("void", entry.ToString(), "--reason", "the quiz was wrong")).ExitCode);
        Assert.Equal((1, "evolv: this entry is a reversal or was reversed before"), await XpAsync("void", entry.ToString(), "--reason", "again"));
        Assert.Equal((1, "evolv: xp_transaction_id names no entry"), await XpAsync("void", ada.ToString(), "--reason", "no such entry"));
        Assert.Equal((0, "2 people have what their events say."), await XpAsync("verify"));
        Assert.Equal(0L, await evolv.ScalarAsync<long>($"select total_xp from user_levels where user_id = '{ada}'"));

        async Task<(int ExitCode, string Output)> XpAsync(params string[] arguments)
        {
            var (exitCode, output, error) = await EvolvProcess.RunAsync(["xp", .. arguments, "--data", evolv.DataPath]);
            return (exitCode, (output + error).Trim());
        }
    }
}
