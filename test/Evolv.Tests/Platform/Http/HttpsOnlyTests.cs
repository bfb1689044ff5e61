using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Evolv.Platform.Postgres;
using Evolv.Tests.Support;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Platform.Http;

/// <summary>A server with https, and plain http beside it.</summary>
public sealed class HttpsOnlyTests(HttpsServer https) : IClassFixture<HttpsServer>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_client_that_knows_the_authority_is_served(string version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/rest/v1/posts?select=id")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { { "Origin", "http://localhost:5173" } },
        };

        using var answer = await https.Client.SendAsync(request, Token);

        Assert.Equal((HttpStatusCode.OK, Version.Parse(version)), (answer.StatusCode, answer.Version));
        Assert.Equal("[]", await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal("max-age=31536000", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")));
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task Long_lists_of_ids_fit_into_a_url_over_both_protocols()
    {
        var path = $"/rest/v1/posts?select=id&id=in.({string.Join(',', Enumerable.Repeat("018f6f3e-0000-7000-8000-000000000001", 3000))})";

        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await https.Client.SendAsync(request, Token);

            Assert.Equal((HttpStatusCode.OK, version), (answer.StatusCode, answer.Version));
        }
    }

    [Fact]
    public async Task A_socket_over_https_outlives_the_patience_for_slow_bodies_with_both_protocols()
    {
        var answers = await Task.WhenAll(new[] { HttpVersion.Version11, HttpVersion.Version20 }.Select(async version =>
        {
            using var socket = new ClientWebSocket();
            (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (version, HttpVersionPolicy.RequestVersionExact);
            await socket.ConnectAsync(new Uri($"wss://api.example/realtime/v1/websocket?apikey={https.Key}&vsn=2.0.0"), https.Client, Token);
            await Task.Delay(TimeSpan.FromSeconds(7), Token); // A body would be given up after 5 s.
            await socket.SendAsync(Encoding.UTF8.GetBytes("""[null,"1","phoenix","heartbeat",{}]"""), WebSocketMessageType.Text, endOfMessage: true, Token);
            var buffer = new byte[1024];
            var received = await socket.ReceiveAsync(buffer, Token);
            return Encoding.UTF8.GetString(buffer, 0, received.Count);
        }));

        Assert.All(answers, answer => Assert.Contains("\"status\":\"ok\"", answer, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
#pragma warning disable SYSLIB0039, CA5397 // That old ones are refused is the point.
    [InlineData(SslProtocols.Tls11, false)]
#pragma warning restore SYSLIB0039, CA5397
    public async Task Old_versions_of_TLS_are_not_spoken(SslProtocols version, bool isSpoken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(https.Address.Host, https.Address.Port, Token);
        await using var tls = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = version,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null, // Made for the test; nobody else knows it.
        };

        var failure = await Record.ExceptionAsync(() => tls.AuthenticateAsClientAsync(options, Token));

        Assert.Equal(isSpoken, failure is null);
    }

    [Theory]
    [InlineData("/auth/v1/token?grant_type=password", """{"code":403,"error_code":"request_refused","msg":"Send requests over https; this address is plain http."}""")]
    [InlineData("/rest/v1/posts", """{"code":"EVOLV06","details":null,"hint":null,"message":"Send requests over https; this address is plain http."}""")]
    [InlineData("/functions/v1/add-xp", """{"success":false,"error":"Send requests over https; this address is plain http.","code":"refused"}""")]
    [InlineData("/realtime/v1/websocket", """{"message":"Send requests over https; this address is plain http.","error":"Send requests over https; this address is plain http."}""")]
    public async Task The_api_refuses_plain_http_in_the_words_of_the_family(string path, string body)
    {
        using var answer = await https.Plain.PostAsJsonAsync(path, new { email = "ada@example.com", password = "secret" }, Token);
        using var preflight = new HttpRequestMessage(HttpMethod.Options, path)
        {
            Headers = { { "Origin", "http://localhost:5173" }, { "Access-Control-Request-Method", "POST" } },
        };
        using var permission = await https.Plain.SendAsync(preflight, Token);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(body, await answer.Content.ReadAsStringAsync(Token));
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
        // A browser that may not call sends no token.
        Assert.Equal(HttpStatusCode.Forbidden, permission.StatusCode);
        Assert.False(permission.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Pages_send_people_on_and_probes_answer()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/docs?about=posts") { Headers = { { "Accept", "text/html,application/xhtml+xml" } } };

        using var page = await https.Plain.SendAsync(request, Token);
        using var probe = await https.Plain.GetAsync("/livez", Token);

        Assert.Equal(HttpStatusCode.PermanentRedirect, page.StatusCode);
        Assert.Equal($"https://127.0.0.1:{https.Address.Port}/docs?about=posts", page.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
    }

    [Fact]
    public async Task Banner_and_status_name_the_https_address()
    {
        using var files = new CertificateFiles();
        var address = $"https://127.0.0.1:{DataFolder.FreePort()}";
        await using var evolv = new EvolvProcess(("EVOLV__HTTP__CERTIFICATEPATH", files.Pfx), ("EVOLV__HTTP__CERTIFICATEPASSWORD", CertificateFiles.Password))
        {
            AlsoAt = address,
        };

        var banner = await evolv.StartAsync();

        Assert.Matches($@"API_URL +{address}\n", banner);
        Assert.Contains($"curl -s '{address}/", banner, StringComparison.Ordinal);
        Assert.Equal(address, await evolv.StatusAsync("API_URL"));
    }

    [Fact]
    public async Task An_https_address_without_a_certificate_ends_the_start_with_a_word()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"evolv-never-made-{Guid.NewGuid():N}");

        var (code, _, error) = await EvolvProcess.RunAsync(["start", "--urls", "https://127.0.0.1:1", "--data", folder]);

        Assert.Equal(1, code);
        Assert.Contains("Urls has an address with https, but Http:CertificatePath is empty", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }
}

/// <summary>It, with clients that trust its authority.</summary>
public sealed class HttpsServer(EvolvCluster cluster) : IAsyncLifetime
{
    readonly CertificateFiles _files = new();
    EvolvServer? _server;

    internal HttpClient Client { get; private set; } = null!;

    internal HttpClient Plain { get; private set; } = null!;

    internal string Key => _server!.PublishableKey;

    internal Uri Address { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await EvolvServer.StartAsync(
            cluster, ("Urls", "http://127.0.0.1:0;https://127.0.0.1:0"), ("Http:CertificatePath", _files.Certificate), ("Http:CertificateKeyPath", _files.Key));
        var urls = _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Address = new Uri(urls.Single(url => url.StartsWith("https:", StringComparison.Ordinal)));
        // By a name that is not this machine itself: browsers and the server keep HSTS away from localhost.
        Client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { CertificateChainPolicy = Trusting(_files.Root) },
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(Address.Host, Address.Port, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("https://api.example") };
        Plain = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(urls.Single(url => url.StartsWith("http:", StringComparison.Ordinal))),
        };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Plain.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        _files.Dispose();
    }

    static X509ChainPolicy Trusting(X509Certificate2 root) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { root },
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };
}
