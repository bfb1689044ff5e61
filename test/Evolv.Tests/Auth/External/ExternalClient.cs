using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Web;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.External;

/// <summary>Where a browser is sent.</summary>
sealed record Hop(int Status, string Location)
{
    internal string Query(string name) => HttpUtility.ParseQueryString(Location.Split('#')[0].Split('?', 2).ElementAtOrDefault(1) ?? "")[name] ?? "";

    internal string Fragment(string name) => HttpUtility.ParseQueryString(Location.Split('#', 2).ElementAtOrDefault(1) ?? "")[name] ?? "";

    internal string FragmentNames => string.Join(' ', Location.Split('#', 2)[1].Split('&').Select(pair => pair.Split('=')[0]));
}

/// <summary>A browser without redirects of its own: tests look at each hop.</summary>
static class ExternalClient
{
    /// <summary>What Auth:SiteUrl is without a setting: providers lead there, tests go on at the server's own port.</summary>
    internal const string SiteUrl = "http://127.0.0.1:54321";

    internal const string App = "http://localhost:3000/welcome?lang=de";

    static readonly HttpClient Browser = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<Hop> VisitAsync(this EvolvServer server, string url)
    {
        using var answer = await Browser.GetAsync(new Uri(Local(server, url)), Token);
        return await ReadAsync(answer);
    }

    internal static async Task<Hop> PostFormAsync(this EvolvServer server, string url, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await Browser.PostAsync(new Uri(Local(server, url)), content, Token);
        return await ReadAsync(answer);
    }

    /// <summary>The provider's page to which a sign-in leads.</summary>
    internal static async Task<string> BeginAsync(this EvolvServer server, string provider, string more = "", string redirectTo = App)
    {
        var hop = await server.VisitAsync($"/auth/v1/authorize?provider={provider}&redirect_to={Uri.EscapeDataString(redirectTo)}{more}");
        Assert.Equal(302, hop.Status);
        return hop.Location;
    }

    /// <summary>A signed-in person's way to the provider to add it.</summary>
    internal static async Task<Answer> BeginLinkAsync(this EvolvServer server, string provider, string accessToken, string more = "")
        => await server.Anonymous.AuthAsync(
            HttpMethod.Get, $"user/identities/authorize?provider={provider}&skip_http_redirect=true&redirect_to={Uri.EscapeDataString(App)}{more}",
            bearer: accessToken);

    internal static string Challenge(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    internal static string Parameter(string url, string name) => new Hop(0, url).Query(name);

    static string Local(EvolvServer server, string url)
        => server.Url + (url.StartsWith(SiteUrl, StringComparison.Ordinal) ? url[SiteUrl.Length..] : url);

    static async Task<Hop> ReadAsync(HttpResponseMessage answer)
        => new((int)answer.StatusCode, answer.Headers.NonValidated.TryGetValues("Location", out var location) ? location.Single() : await answer.Content.ReadAsStringAsync(Token));
}
