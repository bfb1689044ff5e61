using System.CommandLine;
using Npgsql;

namespace Evolv.Platform.Cli;

/// <summary>Builds the server from options of the command line; nothing is started or opened yet.</summary>
delegate WebApplication ServerBuilder(IReadOnlyDictionary<string, string?> commandLine);

/// <summary>The verbs of the program. <c>./evolv</c> adds those that need no program: test and bench.</summary>
static class EvolvCommand
{
    internal static readonly Option<string?> Data = new("--data")
    {
        Description = "Folder of the installation (default .evolv in Evolv's folder)",
    };

    /// <param name="others">Verbs of families, which this folder does not know.</param>
    internal static async Task<int> RunAsync(string[] args, ServerBuilder build, params Command[] others)
    {
        var root = new RootCommand("Evolv: learning paths, verified skills, XP and a feed, behind Supabase's protocols.")
        {
            StartCommand.Create(build),
            MigrateCommand.Create(build),
            StatusCommand.Create(build),
            SeedCommand.Create(build),
            LintCommand.Create(build),
            DoctorCommand.Create(build),
            AuditCommand.Create(build),
            TypesCommand.Create(build),
            GenCommand.Create(build),
            PsqlCommand.Create(build),
            VersionCommand.Create(),
        };
        foreach (var command in others)
            root.Add(command);
        try
        {
            return await root.Parse(args.Length == 0 ? ["start"] : args)
                .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (SetupException exception)
        {
            await Console.Error.WriteLineAsync($"evolv: {exception.Message}");
            return 1;
        }
        catch (NpgsqlException exception)
        {
            await Console.Error.WriteLineAsync($"evolv: PostgreSQL: {exception.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    /// <summary>The options of the command line as settings.</summary>
    internal static Dictionary<string, string?> Settings(params ReadOnlySpan<(string Key, string? Value)> given)
    {
        var settings = new Dictionary<string, string?>();
        foreach (var (key, value) in given)
        {
            // A path on the command line is relative to where the command is given.
            if (value is not null)
                settings[key] = key == nameof(ServerOptions.Data) ? Path.GetFullPath(value) : value;
        }

        return settings;
    }
}
