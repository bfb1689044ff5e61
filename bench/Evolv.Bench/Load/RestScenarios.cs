using System.Globalization;
using System.Text;
using Evolv.Rest.Plan;
using Evolv.Rest.Query;
using Evolv.Rest.Request;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Bench.Load;

/// <summary>Requests to /rest/v1, and beside each the statement that the server makes of it.</summary>
static class RestScenarios
{
    const int Rows = 10_000;

    // Stands in URLs and bodies for the number of a turn.
    const string Number = "4242424242";

    internal static IEnumerable<Scenario> Of(BenchWorld world, BenchPerson person)
    {
        yield return Make(world, person, "rest one row by key", "GET", $"/lessons?select=id,title,minutes&id=eq.{Number}");
        yield return Make(world, person, "rest page of 20", "GET", $"/lessons?select=id,title,minutes&id=gt.{Number}&order=id&limit=20");
        yield return Make(world, person, "rest embed of 3 levels", "GET",
            $"/courses?select=id,title,lessons(id,title,answers(author,content))&id=lt.{Number}&order=id.desc&limit=3");
        yield return Make(world, person, "rest page of 1000", "GET", "/answers?select=id,lesson_id,author,content&order=id&limit=1000");
        yield return Make(world, person, "rest insert one", "POST", "/notes", $$"""{"title":"Note {{Number}}","stars":3}""");
        yield return Make(world, person, "rest insert 1000", "POST", "/notes",
            $"[{string.Join(',', Enumerable.Range(0, 1000).Select(row => $$"""{"title":"Note {{row}}","stars":{{row % 5}}}"""))}]");
        yield return Make(world, person, "rest rpc", "GET", $"/rpc/minutes_of?course={Number}");
    }

    static Scenario Make(BenchWorld world, BenchPerson person, string name, string method, string path, string body = "")
    {
        var head = $"{method} /rest/v1{path} HTTP/1.1\r\nHost: bench\r\napikey: {world.PublishableKey}\r\nAuthorization: Bearer {person.AccessToken}\r\n" +
            $"{(method == "GET" ? "Accept-Profile" : "Content-Profile")}: bench\r\nContent-Type: application/json\r\n";
        return new Scenario(name, person.Caller, Sql(world, method, path, body), number =>
        {
            var turn = (number % Rows + 1).ToString(CultureInfo.InvariantCulture);
            var sent = body.Replace(Number, turn, StringComparison.Ordinal);
            var length = method == "GET" ? "" : $"Content-Length: {sent.Length}\r\n";
            return Encoding.ASCII.GetBytes($"{head.Replace(Number, turn, StringComparison.Ordinal)}{length}\r\n{sent}");
        });
    }

    static string Sql(BenchWorld world, string method, string path, string body)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = "/rest/v1" + path;
        var request = RequestParser.Parse(context.Request, Encoding.ASCII.GetBytes(body), world.Rest);
        var plan = (ActionPlan.Statement)Planner.Plan(request, world.Rest);
        var command = Statements.Write(plan, request, world.Rest.Config).ToCommand();
        return command.Parameters.Index().Reverse().Aggregate(
            command.CommandText, (text, parameter) => text.Replace($"${parameter.Index + 1}", Inline(parameter.Item), StringComparison.Ordinal));
    }

    // Values into the text: pgbench numbers its own parameters.
    static string Inline(NpgsqlParameter parameter) => parameter.Value switch
    {
        Number => $"(:n % {Rows} + 1)",
        ReadOnlyMemory<byte> json => Encoding.UTF8.GetString(json.Span).Split(Number) is [var before, var after]
            ? $"('{before}' || (:n)::text || '{after}')::json"
            : $"'{Encoding.UTF8.GetString(json.Span)}'::json",
        long number => number.ToString(CultureInfo.InvariantCulture),
        string text => $"'{text}'",
        var other => throw new InvalidOperationException($"{parameter.NpgsqlDbType} {other}: {nameof(NpgsqlDbType)} is not known here"),
    };
}
