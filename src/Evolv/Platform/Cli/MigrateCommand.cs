using System.CommandLine;

namespace Evolv.Platform.Cli;

/// <summary>migrate: bring the database to this program's schema without serving.</summary>
static class MigrateCommand
{
    internal static Command Create(ServerBuilder build)
    {
        var command = new Command("migrate", "Apply missing migrations and end. start does the same.\nExample: ./evolv migrate --data /srv/evolv")
        {
            EvolvCommand.Data,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var app = build(EvolvCommand.Settings(
                (nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data)), (nameof(ServerOptions.Migrate), "true")));
            var applied = await app.Services.GetRequiredService<Installation>().StartAsync(cancellationToken);
            Console.WriteLine(applied.Count == 0 ? "Nothing to apply." : $"Applied {string.Join(", ", applied)}.");
            return 0;
        });
        return command;
    }
}
