using System.CommandLine;
using System.Globalization;
using Evolv.Auth.Import;
using Evolv.Platform;
using Evolv.Platform.Cli;
using Npgsql;

namespace Evolv.Auth;

/// <summary>import-users: takes over the accounts of a Supabase project.</summary>
static class ImportUsersCommand
{
    const int MostSaid = 100;

    internal static Command Create(ServerBuilder build)
    {
        var files = new Argument<string[]>("files")
        {
            Description = "Dumps of auth.users, and of auth.identities, auth.sessions and auth.refresh_tokens where there are some: SQL of pg_dump or supabase db dump, or CSV with a header",
            Arity = ArgumentArity.OneOrMore,
        };
        var skipBad = new Option<bool>("--skip-bad") { Description = "Leave rows out that are wrong, instead of taking over nothing" };
        var command = new Command("import-users", "Take over accounts with their passwords. Those whose id or address exists are skipped.\nExample: ./evolv import-users users.sql")
        {
            files, skipBad, EvolvCommand.Data,
        };
        command.SetAction((parsed, token) => RunAsync(
            build, parsed.GetValue(EvolvCommand.Data), parsed.GetValue(files)!, parsed.GetValue(skipBad), token));
        return command;
    }

    static async Task<int> RunAsync(ServerBuilder build, string? data, string[] files, bool skipBad, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            if (!File.Exists(file))
                throw new SetupException($"{file} does not exist.");
        }

        var app = build(EvolvCommand.Settings((nameof(ServerOptions.Data), data)));
        await using var access = await OwnerAccess.OpenAsync(app, cancellationToken);
        await using var transaction = await access.Connection.BeginTransactionAsync(cancellationToken);
        var import = new UserImport(access.Connection, SayBad(), rows => Console.Error.WriteLine(Text($"{rows} rows …")));
        await import.BeginAsync(cancellationToken);
        foreach (var file in files)
            await ReadAsync(import, file, cancellationToken);
        if (import.Found == 0)
            throw new SetupException($"{string.Join(", ", files)}: no rows of auth.users or auth.identities; make a dump with pg_dump --data-only --table 'auth.users' --table 'auth.identities'.");
        if (import.Bad > 0 && !skipBad)
        {
            Console.WriteLine(Text($"{import.Bad} rows are wrong, so nothing was taken over; mend them, or say --skip-bad."));
            return 1;
        }

        var summary = await FinishAsync(import, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Say(summary);
        return 0;
    }

    static async Task ReadAsync(UserImport import, string file, CancellationToken cancellationToken)
    {
        try
        {
            await import.ReadAsync(file, cancellationToken);
        }
        catch (DumpFormatException exception)
        {
            throw new SetupException($"{file}:{exception.Line}: {exception.Message}; nothing was taken over.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SetupException($"{file} cannot be read: {exception.Message}");
        }
    }

    static async Task<ImportSummary> FinishAsync(UserImport import, CancellationToken cancellationToken)
    {
        try
        {
            return await import.FinishAsync(cancellationToken);
        }
        catch (PostgresException exception)
        {
            throw new SetupException($"PostgreSQL refuses what the rows say ({exception.SqlState} {exception.MessageText}); nothing was taken over.");
        }
    }

    static Action<string> SayBad()
    {
        var said = 0;
        return what =>
        {
            if (++said <= MostSaid)
                Console.Error.WriteLine(what);
            else if (said == MostSaid + 1)
                Console.Error.WriteLine("… and more");
        };
    }

    static void Say(ImportSummary summary)
    {
        Console.WriteLine(Text($"{summary.Accounts} accounts taken over, {summary.Skipped} skipped because their id or address exists."));
        Console.WriteLine(Text($"{summary.Identities} identities, {summary.MadeIdentities} more made; {summary.Sessions} sessions go on."));
        if (summary.Bad > 0)
            Console.WriteLine(Text($"{summary.Bad} rows were wrong and are left out."));
        if (summary.Factors > 0)
            Console.WriteLine(Text($"{summary.Factors} second factors are not taken over: tell people to add theirs again."));
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
