using System.CommandLine;
using System.Globalization;
using System.Text;
using Evolv.Platform;
using Evolv.Platform.Cli;
using Evolv.Platform.Data;
using Evolv.Rest.Plan;
using Evolv.Rest.Query;
using Evolv.Rest.Request;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Rest;

/// <summary>explain: what /rest/v1 reads in a request, plans for it and sends to PostgreSQL. Nothing is written, with --analyze neither.</summary>
static class ExplainCommand
{
    internal static Command Create(ServerBuilder build)
    {
        var url = new Argument<string>("url") { Description = "What follows /rest/v1, with the query; or a whole address" };
        var method = new Option<string?>("--method", "-X") { Description = "Default GET, or POST with a body" };
        var body = new Option<string?>("--body", "-d") { Description = "Body, as JSON unless a header says otherwise" };
        var headers = new Option<string[]>("--header", "-H") { Description = "Header as 'Name: value'; may be repeated" };
        var role = new Option<string?>("--role") { Description = "Database role that asks (default: that of a request without a token)" };
        var person = new Option<string?>("--as") { Description = "E-mail of a person who asks" };
        var analyze = new Option<bool>("--analyze") { Description = "Run it under EXPLAIN ANALYZE as that role, and roll back" };
        var command = new Command("explain",
            "Print what /rest/v1 makes of a request: intent, plan and SQL.\n" +
            "Example: ./evolv explain '/posts?select=*,comments(*)&limit=5' --as ada@example.com --analyze")
        {
            url, method, body, headers, role, person, analyze, EvolvCommand.Data,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var app = build(EvolvCommand.Settings((nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data))));
            var content = parsed.GetValue(body);
            var http = MakeRequest(
                parsed.GetValue(method)?.ToUpperInvariant() ?? (content is null ? "GET" : "POST"),
                parsed.GetValue(url)!, parsed.GetValue(headers) ?? []);
            await using var access = await OwnerAccess.OpenAsync(app, cancellationToken);
            // Not the app's own: a running Evolv may hold the PostgreSQL that was found.
            await using var source = NpgsqlDataSource.Create(access.ConnectionStrings.Pool);
            var database = new Database(source);
            using var snapshots = new RestSnapshots(
                database, app.Services.GetRequiredService<IOptions<RestOptions>>(), TimeProvider.System,
                app.Services.GetRequiredService<ILogger<RestSnapshots>>());
            await snapshots.LoadAsync(cancellationToken);

            var caller = parsed.GetValue(person) is { } email
                ? await access.FindPersonAsync(email, cancellationToken)
                : CallerOf(parsed.GetValue(role) ?? snapshots.Current.Config.AnonRole ?? Caller.AnonRole);
            try
            {
                await ExplainAsync(
                    database, snapshots.Current, http, Encoding.UTF8.GetBytes(content ?? ""), caller, parsed.GetValue(analyze), cancellationToken);
                return 0;
            }
            catch (RestError error)
            {
                throw new SetupException(string.Join(' ', new[]
                {
                    $"/rest/v1 answers {error.Status} {error.Code}: {error.Message}",
                    error.Details is { } details ? $"Details: {details}" : null,
                    error.Hint is { } hint ? $"Hint: {hint}" : null,
                }.OfType<string>()));
            }
        });
        return command;
    }

    static HttpRequest MakeRequest(string method, string url, string[] headers)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = method;
        request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = "/rest/v1" + PathOf(url);
        foreach (var header in headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1)
                throw new SetupException($"--header '{header}' has no name; write it as 'Name: value'.");
            request.Headers.Append(header[..colon].Trim(), header[(colon + 1)..].Trim());
        }

        return request;
    }

    // /posts, /rest/v1/posts and http://127.0.0.1:54321/rest/v1/posts are the same.
    static string PathOf(string url)
    {
        if (url.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0)
            url = url.IndexOf('/', scheme + 3) is var slash and > 0 ? url[slash..] : "/";
        if (url.StartsWith("/rest/v1", StringComparison.Ordinal))
            url = url["/rest/v1".Length..];
        return url.StartsWith('/') ? url : "/" + url;
    }

    static Caller CallerOf(string role) => new(role, new System.Text.Json.Nodes.JsonObject { ["role"] = role }.ToJsonString());

    static async Task ExplainAsync(
        Database database, RestSnapshot snapshot, HttpRequest http, byte[] body, Caller caller, bool analyze, CancellationToken cancellationToken)
    {
        var request = RequestParser.Parse(http, body, snapshot);
        Print("Request", Outline.Of(request));
        var plan = Planner.Plan(request, snapshot);
        Print("Plan", Outline.Of(plan));
        if (plan is not ActionPlan.Statement statement)
            return;

        var config = snapshot.Config;
        var session = SessionSettings.From(http, request, plan, caller, config);
        Print("Session", string.Join('\n', Session(session, caller, config)));
        if (request.Preferences.Estimates && plan is ActionPlan.Read)
            PrintStatement("SQL for the estimate", Statements.Estimate(statement.Rows).ToCommand());
        var command = Statements.Write(statement, request, config).ToCommand();
        PrintStatement("SQL", command);
        if (!analyze)
            return;

        if (statement.MediaType is not MediaType.Plan)
            command.CommandText = "explain (analyze, buffers) " + command.CommandText;
        var before = Statements.PreRequest(config).ToArray();
        var lines = await database.RunAsync(
            caller, session, [.. before, command],
            async (reader, token) =>
            {
                if (before.Length > 0)
                    await reader.NextResultAsync(token);
                var lines = new List<string>();
                while (await reader.ReadAsync(token))
                    lines.Add(reader.GetString(0));
                return lines;
            }, commits: _ => false, cancellationToken);
        Print("EXPLAIN", string.Join('\n', lines));
    }

    static IEnumerable<string> Session(RequestSession session, Caller caller, RestConfig config)
        =>
        [
            $"transaction: {(session.ReadOnly ? "read only" : "read write")}{(session.Isolation is { } level ? $", {level}" : "")}",
            .. session.Before.Select(setting => $"{setting.Key} = {setting.Value}"),
            $"role = {caller.Role}",
            $"request.jwt.claims = {caller.ClaimsJson}",
            .. session.After.Select(setting => $"{setting.Key} = {setting.Value}"),
            .. config.PreRequest is { } function ? [$"before the statement: {function}()"] : Array.Empty<string>(),
        ];

    static void PrintStatement(string title, NpgsqlBatchCommand command)
    {
        var parameters = command.Parameters.Select((parameter, index) => string.Create(
            CultureInfo.InvariantCulture, $"${index + 1} = {Literal(parameter.Value)}{TypeOf(((NpgsqlParameter)parameter).NpgsqlDbType)}"));
        Print(title, string.Join('\n', [command.CommandText, .. parameters]));
    }

    static string Literal(object? value) => value switch
    {
        null or DBNull => "null",
        ReadOnlyMemory<byte> bytes => Quote(Encoding.UTF8.GetString(bytes.Span)),
        byte[] bytes => Quote(Encoding.UTF8.GetString(bytes)),
        string[] texts => $"array[{string.Join(", ", texts.Select(Quote))}]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Quote(value.ToString() ?? ""),
    };

    static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    // PostgreSQL chooses the type of the others.
    static string TypeOf(NpgsqlDbType type) => type switch
    {
        NpgsqlDbType.Unknown => "",
        NpgsqlDbType.Array | NpgsqlDbType.Text => "::text[]",
        _ => "::" + type.ToString().ToLowerInvariant(),
    };

    static void Print(string title, string text) => Console.WriteLine($"== {title}\n{text}\n");
}
