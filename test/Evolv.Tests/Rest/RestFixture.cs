using System.Text.Encodings.Web;
using System.Text.Json;
using Evolv.Tests.Support;

namespace Evolv.Tests.Rest;

/// <summary>One server for all tests of a class.</summary>
public abstract class RestFixture(EvolvCluster cluster, string sqlFile, params (string Name, string Value)[] settings) : IAsyncLifetime
{
    RestServer? _api;

    internal RestServer Api => _api!;

    public virtual async ValueTask InitializeAsync() => _api = await RestServer.StartAsync(cluster, sqlFile, settings);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_api is not null)
            await _api.DisposeAsync();
    }
}

static class RestAnswerExtensions
{
    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The whole of an error: the body to the byte, and the headers that come with it.</summary>
    internal static RestAnswer Fails(
        this RestAnswer answer, int status, string code, string message, string? details = null, string? hint = null)
    {
        Assert.Equal(JsonSerializer.Serialize(new { code, details, hint, message }, Plain), answer.Body);
        Assert.Equal(status, answer.Status);
        return answer.Has("Content-Type", "application/json; charset=utf-8")
            .Has("Content-Length", System.Text.Encoding.UTF8.GetByteCount(answer.Body).ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Has("Proxy-Status", $"PostgREST; error={code}")
            .Has("WWW-Authenticate", status == 401 ? answer.Header("WWW-Authenticate") ?? "Bearer" : null);
    }

    /// <summary>A body that is no JSON.</summary>
    internal static RestAnswer IsText(this RestAnswer answer, int status, string body)
    {
        Assert.Equal((status, body), (answer.Status, answer.Body));
        return answer;
    }
}
