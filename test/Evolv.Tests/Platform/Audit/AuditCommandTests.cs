using System.Net.Sockets;
using System.Text.Json;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Audit;

/// <summary>./evolv audit verify beside a running Evolv, after a kill, and after somebody with SQL was there.</summary>
public sealed class AuditCommandTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_chain_survives_kill_9_and_the_file_of_heads_finds_a_cut()
    {
        await using var evolv = new EvolvProcess();
        await evolv.StartAsync();
        using (var service = await evolv.ServiceAsync())
        {
            using var stop = new CancellationTokenSource();
            var writers = Enumerable.Range(0, 8).Select(_ => SignUpGuestsAsync(service, stop.Token)).ToArray();
            while (await evolv.ScalarAsync<long>("select count(*) from audit.entries where action = 'account.signed_up'") < 20)
                await Task.Delay(50, Token);
            var postmaster = evolv.PostmasterId;
            evolv.KillEvolv();
            await evolv.WaitForExitAsync();
            while (EvolvProcess.Exists(postmaster))
                await Task.Delay(20, Token);
            await stop.CancelAsync();
            await Task.WhenAll(writers);
        }

        // Nothing runs: verify starts PostgreSQL and stops it again.
        var (killedCode, killed) = await VerifyAsync(evolv);
        Assert.Equal((0, "whole"), (killedCode, killed.GetProperty("status").GetString()));

        await evolv.StartAsync();
        Assert.Equal(
            await evolv.ScalarAsync<long>("select count(*) from auth.users"),
            await evolv.ScalarAsync<long>("select (select count(*) from audit.entries where action = 'account.signed_up') + (select count(*) from audit.pending where action = 'account.signed_up')"));
        while (await evolv.ScalarAsync<long>("select count(*) from audit.pending") > 0)
            await Task.Delay(50, Token);
        var (code, report) = await VerifyAsync(evolv);
        Assert.Equal((0, 0, 0), (code, report.GetProperty("not_sealed").GetInt32(), report.GetProperty("problem_count").GetInt32()));
        Assert.True(report.GetProperty("heads_checked").GetInt32() > 0);
        var head = report.GetProperty("head").GetString()!;
        Assert.Equal(0, (await VerifyAsync(evolv, "--expect", head)).Code);

        // When it stops, it writes down where the log ends.
        await evolv.TerminateAsync();
        Assert.EndsWith(head, Anchor(await File.ReadAllLinesAsync(Path.Combine(evolv.DataPath, "audit-heads.jsonl"), Token)), StringComparison.Ordinal);

        await evolv.StartAsync();
        await evolv.ScalarAsync<int>(
            """
            alter table audit.entries disable trigger entries_append_only;
            delete from audit.entries where seq > (select max(seq) - 3 from audit.entries);
            alter table audit.entries enable always trigger entries_append_only;
            select 1
            """);
        var (cutCode, cut) = await VerifyAsync(evolv);
        Assert.Equal((1, "broken", "cut_off"), (cutCode, cut.GetProperty("status").GetString(), cut.GetProperty("problems")[0].GetProperty("kind").GetString()));
        Assert.Equal(1, (await VerifyAsync(evolv, "--expect", head)).Code);
        while (!evolv.Log.Contains("entries were cut off or rewritten", StringComparison.Ordinal))
            await Task.Delay(50, Token); // The server notices by itself.

        var (textCode, text, _) = await EvolvProcess.RunAsync(["audit", "verify", "--data", evolv.DataPath]);
        Assert.Equal(1, textCode);
        Assert.Contains("The audit log is NOT whole: ", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evolv: --expect is wrong: 'latest' is no head", "audit", "verify", "--expect", "latest")]
    [InlineData("evolv: PostgreSQL: Failed to connect to 127.0.0.1:1", "audit", "verify")]
    public async Task What_cannot_be_checked_is_not_called_broken(string message, params string[] arguments)
    {
        var (code, output, error) = await EvolvProcess.RunAsync(arguments, ("EVOLV__DATABASE__CONNECTIONSTRING", "postgresql://x:y@127.0.0.1:1/z"));

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith(message, error, StringComparison.Ordinal);
    }

    static async Task<(int Code, JsonElement Report)> VerifyAsync(EvolvProcess evolv, params string[] options)
    {
        var (code, output, error) = await EvolvProcess.RunAsync(["audit", "verify", "--json", "--data", evolv.DataPath, .. options]);
        Assert.True(output.Length > 0, error);
        return (code, JsonElement.Parse(output));
    }

    static string Anchor(string[] lines)
    {
        var line = JsonElement.Parse(lines[^1]);
        return $"{line.GetProperty("count").GetInt64()}:{line.GetProperty("hash").GetString()}";
    }

    static async Task SignUpGuestsAsync(HttpClient service, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await service.PostAsync("/auth/v1/signup", new StringContent("{}"), stop);
            }
            catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException)
            {
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }
}
