using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Rest;

/// <summary>An answer of /rest/v1, whole.</summary>
sealed record RestAnswer(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    internal string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>Status and JSON are as expected; the order of keys does not count.</summary>
    internal RestAnswer Is(int status, string json)
    {
        Assert.True(status == Status, $"{Status} instead of {status}: {Body}");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), JsonNode.Parse(Body)), $"expected {json}\nbut got  {Body}");
        return this;
    }

    /// <summary>The same without a body.</summary>
    internal RestAnswer IsEmpty(int status)
    {
        Assert.True(status == Status, $"{Status} instead of {status}: {Body}");
        Assert.Equal("", Body);
        return this;
    }

    /// <param name="value">Null: the header is absent.</param>
    internal RestAnswer Has(string name, string? value)
    {
        Assert.Equal(value, Header(name));
        return this;
    }
}

/// <summary>
/// A server over a database with a schema made for tests, exposed beside Evolv's own. A request is a line as it stands on
/// the wire: <c>GET /books?id=eq.1</c>, headers, body.
/// </summary>
sealed class RestServer(EvolvServer server, HttpClient keyless) : IAsyncDisposable
{
    internal EvolvServer Server => server;

    internal TestDatabase Database => server.Database;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="sqlFile">Beside the tests, below test/Evolv.Tests/Rest; it creates the schema <c>api</c>.</param>
    /// <param name="settings">Of the section Rest: <c>("DbMaxRows", "5")</c>; of another one with its name: <c>("Database:MaxPoolSize", "2")</c>.</param>
    internal static async Task<RestServer> StartAsync(EvolvCluster cluster, string sqlFile, params (string Name, string Value)[] settings)
    {
        var database = await cluster.CreateDatabaseAsync();
        using var script = new StreamReader(typeof(RestServer).Assembly.GetManifestResourceStream($"test/Rest/{sqlFile}")!);
        await database.ExecuteAsync(await script.ReadToEndAsync(Token));
        var all = settings
            .Select(setting => (setting.Name.Contains(':', StringComparison.Ordinal) ? setting.Name : $"Rest:{setting.Name}", setting.Value)).ToList();
        if (!settings.Any(setting => setting.Name == "DbSchemas"))
            all.Add(("Rest:DbSchemas", "api"));
        var server = await EvolvServer.StartAsync(database, [.. all]);
        return new RestServer(server, new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(server.Url) });
    }

    /// <param name="line">Method and path without the prefix.</param>
    /// <param name="headers">Each as <c>Name: value</c>; Content-Type is JSON unless one is given.</param>
    internal Task<RestAnswer> SendAsync(string line, string? body = null, params string[] headers)
        => SendAsync(line, body is null ? null : Encoding.UTF8.GetBytes(body), headers);

    internal async Task<RestAnswer> SendAsync(string line, byte[]? body, params string[] headers)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        // The target goes over the wire as it is written here.
        var options = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        using var request = new HttpRequestMessage(new HttpMethod(line[..space]), new Uri($"{server.Url}/rest/v1{line[(space + 1)..]}", in options));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (!headers.Any(header => header.StartsWith("Content-Type:", StringComparison.OrdinalIgnoreCase)))
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        foreach (var header in headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (header[..colon], header[(colon + 1)..].Trim());
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content!.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await keyless.SendAsync(request, Token);
        return new RestAnswer(
            (int)answer.StatusCode,
            await answer.Content.ReadAsStringAsync(Token),
            answer.Headers.Concat(answer.Content.Headers).ToDictionary(
                header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    public async ValueTask DisposeAsync()
    {
        keyless.Dispose();
        await server.DisposeAsync();
    }
}
