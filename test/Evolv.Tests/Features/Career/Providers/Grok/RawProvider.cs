using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>Answers every request with the same bytes, whatever they are.</summary>
sealed class RawProvider : IAsyncDisposable
{
    readonly WebApplication _app;

    RawProvider(WebApplication app) => _app = app;

    internal string Url => $"{_app.Urls.Single()}/v1";

    internal static async Task<RawProvider> StartAsync(string contentType, string body, int status = 200, string? retryAfter = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = contentType;
            if (retryAfter is not null)
                context.Response.Headers.RetryAfter = retryAfter;
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RawProvider(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
