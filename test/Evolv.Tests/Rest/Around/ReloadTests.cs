using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Rest.Around;

public sealed class ChangingServer(EvolvCluster cluster) : RestFixture(cluster, "Around/changing.sql");

/// <summary>The schema changes while it is served.</summary>
public sealed class ReloadTests(ChangingServer server) : IClassFixture<ChangingServer>
{
    const string NoLate = """{"code":"PGRST205","details":null,"hint":null,"message":"Could not find the table 'api.late' in the schema cache"}""";

    const string NoPassing = """{"code":"PGRST205","details":null,"hint":null,"message":"Could not find the table 'api.passing' in the schema cache"}""";

    RestServer Api => server.Api;

    [Fact]
    public async Task DDL_is_seen()
    {
        (await Api.SendAsync("GET /late")).IsText(404, NoLate);

        await Api.Database.ExecuteAsync("create table api.late (id int primary key)");
        await AnswersAsync("GET /late", 200, "[]");
        await Api.Database.ExecuteAsync("alter table api.late add steady_id int references api.steady; insert into api.late values (1, 2)");
        await AnswersAsync("GET /late?select=id,steady(name)", 200, """[{"id":1,"steady":{"name":"row 2"}}]""");
        await Api.Database.ExecuteAsync("create function api.late_name(api.late) returns text stable language sql as $$ select 'late' $$; grant execute on function api.late_name to anon");
        await AnswersAsync("GET /late?select=late_name", 200, """[{"late_name":"late"}]""");
        await Api.Database.ExecuteAsync("drop table api.late cascade");
        await AnswersAsync("GET /late", 404, NoLate);
    }

    [Fact]
    public async Task A_notice_is_heard_where_no_trigger_tells()
    {
        await Api.Database.ExecuteAsync(
            """
            begin;
            alter event trigger pgrst_ddl_watch disable;
            create table api.quiet (id int primary key);
            alter event trigger pgrst_ddl_watch enable;
            commit;
            notify pgrst, 'reload schema';
            """);

        await AnswersAsync("GET /quiet", 200, "[]");
    }

    [Theory]
    [InlineData("POST", """{"id":1,"extra":2}""")]
    [InlineData("PATCH", """{"extra":2}""")]
    public async Task A_column_that_is_gone_is_refused_by_the_new_schema(string method, string body)
    {
        var table = $"gone_{method.ToLowerInvariant()}";
        await Api.Database.ExecuteAsync($"create table api.{table} (id int, extra int); grant all on api.{table} to anon");
        await Eventually.IsTrueAsync(async () => (await Api.SendAsync($"{method} /{table}", body)).Status is 201 or 204);

        await Api.Database.ExecuteAsync($"alter table api.{table} drop column extra");

        await AnswersAsync(
            $"{method} /{table}", 400,
            $$"""{"code":"PGRST204","details":null,"hint":null,"message":"Could not find the 'extra' column of '{{table}}' in the schema cache"}""", body);
    }

    [Fact]
    public async Task Under_load_a_changing_schema_answers_with_rows_or_the_one_error_it_must()
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        (string Line, string[] Expected)[] requests =
        [
            ("GET /steady?id=lt.3", ["200"]),
            ("GET /shifting?select=id,name&limit=5", ["200"]),
            ("GET /shifting?limit=5", ["200"]),
            ("GET /shifting?select=id,extra&limit=5", ["200", "42703"]),
            ("GET /shifting?extra=is.null&select=id&limit=5", ["200", "42703"]),
            ("GET /passing", ["200", "PGRST205", "42P01"]),
            ("GET /passing?select=id", ["200", "PGRST205", "42P01"]),
            ("HEAD /passing", ["200", "PGRST205", "42P01"]),
            ("PATCH /shifting?id=lt.0", ["204", "PGRST204", "42703"]),
            ("GET /rpc/shifted", ["200"]),
        ];
        var seen = new ConcurrentDictionary<string, int>();

        async Task AskAsync(int start)
        {
            for (var i = start; !ended.IsCancellationRequested; i++)
            {
                var (line, expected) = requests[i % requests.Length];
                var answer = await Api.SendAsync(line, line.StartsWith("PATCH", StringComparison.Ordinal) ? """{"extra":1}""" : null);
                var outcome = answer.Header("Proxy-Status") is { } error ? error[(error.IndexOf('=', StringComparison.Ordinal) + 1)..]
                    : answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture);
                seen.AddOrUpdate($"{(expected.Contains(outcome) ? "" : "unexpected ")}{outcome} {line} {(expected.Contains(outcome) ? "" : answer.Body)}", 1, (_, count) => count + 1);
            }
        }

        var clients = Enumerable.Range(0, 8).Select(client => Task.Run(() => AskAsync(client))).ToArray();
        for (var i = 0; i < 16; i++)
        {
            await Api.Database.ExecuteAsync(i % 2 == 0 ? "alter table api.shifting add extra int" : "alter table api.shifting drop column extra");
            await Api.Database.ExecuteAsync(i % 2 == 0 ? "create table api.passing (id int primary key)" : "drop table api.passing");
            // Until somebody was answered by the new schema.
            await AnswersAsync("GET /passing", i % 2 == 0 ? 200 : 404, i % 2 == 0 ? "[]" : NoPassing);
        }

        await ended.CancelAsync();
        await Task.WhenAll(clients);

        Assert.Equal([], seen.Keys.Where(outcome => outcome.StartsWith("unexpected", StringComparison.Ordinal)));
        Assert.Contains("200 GET /passing ", seen.Keys);
        Assert.Contains("PGRST205 GET /passing ", seen.Keys);
        Assert.Contains("42703 GET /shifting?select=id,extra&limit=5 ", seen.Keys);
    }

    async Task AnswersAsync(string line, int status, string body, string? requestBody = null)
    {
        RestAnswer? last = null;
        await Eventually.IsTrueAsync(async () =>
        {
            last = await Api.SendAsync(line, requestBody);
            return last.Status == status && JsonNode.DeepEquals(JsonNode.Parse(last.Body.Length > 0 ? last.Body : "null"), JsonNode.Parse(body));
        });
    }
}
