using System.CommandLine;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Platform.Cli;

/// <summary>seed demo: the demo community.</summary>
static class SeedCommand
{
    internal static Command Create(ServerBuilder build)
    {
        var what = new Argument<string>("what") { Description = "demo" };
        what.AcceptOnlyFromAmong("demo");
        var remove = new Option<bool>("--remove") { Description = "Remove it again" };
        var command = new Command("seed", "Load data: demo is a community of 50 people with three months behind them.\nExample: ./evolv seed demo")
        {
            what, remove, EvolvCommand.Data,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            build(EvolvCommand.Settings((nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data)))),
            parsed.GetValue(remove), cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(WebApplication app, bool remove, CancellationToken cancellationToken)
    {
        await using var access = await OwnerAccess.OpenAsync(app, cancellationToken);
        if (remove)
        {
            await DemoData.RemoveAsync(access.Connection, cancellationToken);
            Console.WriteLine("The demo community is gone.");
            return 0;
        }

        Console.WriteLine("Loading the demo community …");
        var logins = await LoadAsync(app, access.Connection, cancellationToken);
        foreach (var login in logins)
            Console.WriteLine($"  {login.Role,-8} {login.Email}  {login.Password}");
        if (logins.Any(login => login.Password is null))
            Console.WriteLine(DemoData.ResetHint);
        return 0;
    }

    internal static Task<IReadOnlyList<DemoLogin>> LoadAsync(
        WebApplication app, NpgsqlConnection owner, CancellationToken cancellationToken)
        => DemoData.LoadAsync(owner, app.Services.GetRequiredService<PasswordHash>().Invoke, cancellationToken);
}
