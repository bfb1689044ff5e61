using System.Net;
using System.Text.Json.Nodes;
using Evolv.Platform.Http;
using Evolv.Platform.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Evolv.Tests.Platform.Http;

/// <summary>What is answered when something breaks where no family is.</summary>
public sealed class CrashTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_crash_outside_the_families_is_a_problem_that_can_be_found_in_the_log()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddHttp();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.UseObservability();
        app.UseHttp();
        app.MapGet("/crash", IResult () => throw new InvalidOperationException("password=secret"));
        await app.StartAsync(Token);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        client.DefaultRequestHeaders.Add("X-Request-Id", "asked-by-ada");

        using var answer = await client.GetAsync("/crash", Token);
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!;

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Internal error", (string?)problem["title"]);
        Assert.Equal("asked-by-ada", (string?)problem["requestId"]);
        Assert.DoesNotContain("secret", problem.ToJsonString(), StringComparison.Ordinal);
    }
}
