using System.Net.Sockets;
using System.Text.Json;
using Microsoft.IdentityModel.Protocols;

namespace Evolv.Auth.External;

/// <summary>A provider did not answer, or not as agreed. The reason is for the log.</summary>
sealed class ProviderFailure(string reason) : Exception(reason);

/// <summary>
/// How providers are asked: over https (on the loopback, when they are there themselves, without), for five seconds, never led elsewhere, and
/// never more than fits.
/// </summary>
sealed class ProviderHttp(Uri issuer) : IDocumentRetriever
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    const int LargestAnswer = 512 * 1024;

    // One for all, as long as the program lives: connections are shared.
    static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        ConnectTimeout = Patience,
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ActivityHeadersPropagator = null, // Providers need no ids of our traces.
    })
    {
        Timeout = Patience, // For the whole answer, however slowly it comes.
        MaxResponseContentBufferSize = LargestAnswer,
        DefaultRequestHeaders = { { "User-Agent", "Evolv" }, { "Accept", "application/json" } },
    };

    /// <summary>Whether a browser or we may be led there by what the provider says of itself.</summary>
    internal bool Allows(string? address)
        => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0 &&
            (uri.Scheme == Uri.UriSchemeHttps || ExternalOptions.IsSafe(uri) && ExternalOptions.IsLoopback(issuer));

    public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        var (status, text) = await SendAsync(request, cancel);
        return status == 200 ? text : throw new ProviderFailure($"{address} answers {status}");
    }

    /// <summary>The answer, which must be a success and JSON.</summary>
    internal async Task<JsonElement> ReadJsonAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (status, text) = await SendAsync(request, cancellationToken);
        try
        {
            var json = JsonElement.Parse(text);
            // GitHub tells of an error with 200.
            var error = json.ValueKind == JsonValueKind.Object ? json.TextOf("error") : null;
            return status is >= 200 and < 300 && error is null
                ? json
                : throw new ProviderFailure($"{request.RequestUri} answers {status} {error} {json.TextOf("error_description")}".TrimEnd());
        }
        catch (JsonException)
        {
            throw new ProviderFailure($"{request.RequestUri} answers {status} and no JSON");
        }
    }

    async Task<(int Status, string Text)> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!Allows(request.RequestUri?.OriginalString))
            throw new ProviderFailure($"{request.RequestUri} is not safe to ask");
        try
        {
            using var response = await Http.SendAsync(request, cancellationToken);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProviderFailure($"{request.RequestUri} takes longer than {Patience.TotalSeconds} s");
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or InvalidOperationException)
        {
            // An unknown charset is an InvalidOperationException; a reset at the moment of connecting comes as it is.
            throw new ProviderFailure($"{request.RequestUri}: {exception.Message}");
        }
    }
}

/// <summary>Reads what others wrote.</summary>
static class JsonReading
{
    /// <summary>The text of a member; null when there is none, or it is of another kind.</summary>
    internal static string? TextOf(this JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.TryGetText()
            : null;

    /// <summary>True, or the text true: Apple and Azure write both.</summary>
    internal static bool IsTrue(this JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) &&
            (value.ValueKind == JsonValueKind.True || value.ValueKind == JsonValueKind.String && value.TryGetText() is "true" or "1");

    // Half a surrogate pair cannot be read.
    static string? TryGetText(this JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
