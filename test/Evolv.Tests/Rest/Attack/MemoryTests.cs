using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Rest.Attack;

/// <summary>What large requests and answers cost a server in memory; PostgreSQL's own is not counted.</summary>
public sealed class MemoryTests
{
    const int Megabyte = 1_000_000;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Large_bodies_and_answers_pass_through()
    {
        await using var process = new EvolvProcess(("EVOLV__REST__MAXBODYBYTES", "60000000"), ("EVOLV__REST__DBMAXROWS", "0"));
        await process.StartAsync();
        await using (var owner = await Migrator.OpenOwnerAsync(process.Connections, Token))
        await using (var command = new NpgsqlCommand(
            """
            create table public.bulk (id int primary key, filler text);
            create table public.many as select i as id, md5(i::text) as filler from generate_series(1, 100000) i;
            grant select, insert on public.bulk, public.many to service_role;
            """, owner))
            await command.ExecuteNonQueryAsync(Token);
        using var client = await process.ServiceAsync();
        using var patient = new HttpClient { BaseAddress = new Uri(process.Url) };
        patient.DefaultRequestHeaders.Add("apikey", client.DefaultRequestHeaders.GetValues("apikey"));
        await UntilKnownAsync(patient);
        await PostAsync(patient, rows: 1, from: 0);

        var atRest = Peak(process);
        for (var i = 0; i < 3; i++)
            Assert.True(await ReadAsync(patient) > 5 * Megabyte);
        var afterReads = Peak(process);
        await PostAsync(patient, rows: 500, from: 1);
        var afterInsert = Peak(process);

        Assert.Equal(501L, await process.ScalarAsync<long>("select count(*) from public.bulk where length(filler) = 100000"));
        Assert.InRange(afterReads - atRest, 0, 30 * Megabyte);
        Assert.InRange(afterInsert - afterReads, 0, 150 * Megabyte);
    }

    static async Task UntilKnownAsync(HttpClient client)
    {
        for (var tries = 0; tries < 500; tries++)
        {
            using var answer = await client.GetAsync("/rest/v1/many?limit=1", Token);
            if (answer.IsSuccessStatusCode)
                return;
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            await Task.Delay(20, Token);
        }

        Assert.Fail("the new tables are not seen");
    }

    static async Task PostAsync(HttpClient client, int rows, int from)
    {
        var filler = new string('x', 100_000);
        var json = new StringBuilder("[");
        for (var i = 0; i < rows; i++)
            json.Append(CultureInfo.InvariantCulture, $$"""{{(i > 0 ? "," : "")}}{"id":{{from + i}},"filler":"{{filler}}"}""");
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json.Append(']').ToString())) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var answer = await client.PostAsync("/rest/v1/bulk", content, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    static async Task<long> ReadAsync(HttpClient client)
    {
        using var answer = await client.GetAsync("/rest/v1/many", HttpCompletionOption.ResponseHeadersRead, Token);
        await using var body = await answer.Content.ReadAsStreamAsync(Token);
        var buffer = new byte[64 * 1024];
        var total = 0L;
        while (await body.ReadAsync(buffer, Token) is > 0 and var read)
            total += read;
        return total;
    }

    // The most that was ever resident, in bytes.
    static long Peak(EvolvProcess process)
        => File.ReadLines($"/proc/{process.Id}/status").Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024).Single();
}
