using Evolv.Platform.Cli;
using Evolv.Platform.Data;
using Evolv.Platform.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform.Doctor;

/// <summary>Runs all checks at once, each for a bounded time; one that fails or hangs hides no other.</summary>
static class Examination
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    internal static async Task<DoctorReport> RunAsync(WebApplication app, TimeSpan patience, CancellationToken cancellationToken)
    {
        var options = app.Services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var context = Look(app, options, out var trouble);
        var checks = app.Services.GetServices<DoctorCheck>().ToArray();
        var findings = await Task.WhenAll(checks.Select(check => RunAsync(check, context, options, trouble, patience, cancellationToken)));
        return new DoctorReport([.. checks.Zip(findings).SelectMany(pair => pair.Second.Select(finding => (pair.First.Name, finding)))]);
    }

    // Nothing is started for it: where PostgreSQL does not run, what depends on it is not looked at.
    static DoctorContext Look(WebApplication app, ServerOptions options, out string? trouble)
    {
        trouble = null;
        var isInUse = DataFolder.Open(Installation.FolderOf(options)).IsLocked;
        try
        {
            return new DoctorContext(FindDatabase(app, options), isInUse);
        }
        catch (SetupException exception)
        {
            trouble = exception.Message;
            return new DoctorContext(null, isInUse);
        }
    }

    static ConnectionStrings? FindDatabase(WebApplication app, ServerOptions options)
        => !options.Migrate && string.IsNullOrEmpty(app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value.ConnectionString)
            ? throw new SetupException("Migrate is false, and Database:ConnectionString names no database to serve.")
            : OwnerAccess.FindRunning(app);

    static async Task<IReadOnlyList<DoctorFinding>> RunAsync(
        DoctorCheck check, DoctorContext context, ServerOptions options, string? trouble, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (check.NeedsOurSchema && !options.Migrate)
            return [DoctorFinding.Skipped("this database is somebody else's and not migrated")];
        if (check.NeedsDatabase && context.Connections is null)
        {
            return check.Name == PostgresCheck.Name && trouble is not null
                ? [DoctorFinding.Red(trouble, "Correct the setting.")]
                : [DoctorFinding.Skipped("no PostgreSQL runs; it is looked at while Evolv does")];
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            // Apart, and not waited for longer: a check may be stuck where no token reaches.
            return await Task.Run(() => check.RunAsync(context, limit.Token), limit.Token).WaitAsync(patience + TimeSpan.FromSeconds(1), cancellationToken);
        }
        catch (Exception exception) when ((exception is OperationCanceledException && !cancellationToken.IsCancellationRequested) || exception is TimeoutException)
        {
            return [DoctorFinding.Red($"no answer within {patience.TotalSeconds:0} s", "See whether what it asks hangs or is overloaded.")];
        }
        catch (NpgsqlException exception) when (IsUnreachable(exception))
        {
            return [DoctorFinding.Skipped($"PostgreSQL does not let us in; see {PostgresCheck.Name}")];
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return [DoctorFinding.Red($"could not be checked: {PgErrors.ForLog(exception).Message.ReplaceLineEndings(" ")}", "See what it says; the other checks are not affected.")];
        }
    }

    static bool IsUnreachable(NpgsqlException exception)
        => exception is not PostgresException { SqlState: var state } || state.StartsWith("28", StringComparison.Ordinal) || state is
            PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections;
}
