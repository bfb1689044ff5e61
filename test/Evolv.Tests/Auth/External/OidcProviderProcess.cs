using System.Diagnostics;
using Evolv.Platform.Settings;

namespace Evolv.Tests.Auth.External;

/// <summary>A provider that others wrote (npm's <c>oidc-provider</c>) in a process of its own: test/oidc-provider/server.mjs.</summary>
sealed class OidcProviderProcess : IAsyncDisposable
{
    internal const string ClientId = "evolv";
    internal const string ClientSecret = "evolv-secret-for-tests";

    readonly Process _process;

    OidcProviderProcess(Process process, string issuer) => (_process, Issuer) = (process, issuer);

    internal string Issuer { get; }

    /// <summary>The settings with which Evolv knows it as keycloak.</summary>
    internal (string Key, string Value)[] Settings =>
    [
        ("Auth:External:keycloak:Issuer", Issuer),
        ("Auth:External:keycloak:ClientId", ClientId),
        ("Auth:External:keycloak:ClientSecret", ClientSecret),
    ];

    internal static async Task<OidcProviderProcess> StartAsync()
    {
        var start = new ProcessStartInfo("node", ["server.mjs", $"{ExternalClient.SiteUrl}/auth/v1/callback"])
        {
            WorkingDirectory = Path.Combine(SettingsExtensions.HomeFolder, "test", "oidc-provider"),
            RedirectStandardInput = true, // When it closes, the process ends.
            RedirectStandardOutput = true,
            RedirectStandardError = true, // It warns that it forgets everything, which is what tests want.
        };
        var process = Process.Start(start)!;
        process.BeginErrorReadLine();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("http://", StringComparison.Ordinal))
                return new OidcProviderProcess(process, line);
        }

        throw new InvalidOperationException("oidc-provider did not start; ./evolv test installs it");
    }

    /// <summary>What a browser does at the provider: it follows redirects with cookies until one leads back to Evolv.</summary>
    internal static async Task<string> SignInAsync(string url)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        for (var hops = 0; hops < 10; hops++)
        {
            using var answer = await browser.GetAsync(new Uri(url), TestContext.Current.CancellationToken);
            var next = answer.Headers.Location ?? throw new InvalidOperationException(
                $"{url} answers {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
            url = new Uri(new Uri(url), next).AbsoluteUri;
            if (url.StartsWith(ExternalClient.SiteUrl, StringComparison.Ordinal))
                return url;
        }

        throw new InvalidOperationException($"The provider leads in circles: {url}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
