namespace Evolv.Tests.Platform.Http;

public sealed class HttpModuleTests
{
    [Fact]
    public async Task Listens_on_port_54321_of_this_machine_alone_unless_told_otherwise()
    {
        await using var byDefault = Program.Build(new Dictionary<string, string?>());
        await using var told = Program.Build(new Dictionary<string, string?> { ["Urls"] = "http://127.0.0.1:1; http://127.0.0.1:2" });

        Assert.Equal(["http://127.0.0.1:54321"], byDefault.Urls);
        Assert.Equal(["http://127.0.0.1:1", "http://127.0.0.1:2"], told.Urls);
    }
}
