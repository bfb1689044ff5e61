using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class HealthTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Probe_finds_what_it_takes_for_GoTrue()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Keyless.AuthAsync(HttpMethod.Get, "health");

        Assert.Equal(
            """200 {"version":"evolv-0.1.0","name":"GoTrue","description":"GoTrue is a user registration and authentication API"}""",
            answer.Whole);
    }
}
