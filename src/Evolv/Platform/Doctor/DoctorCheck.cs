using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Platform.Doctor;

/// <summary>Something that <c>./evolv doctor</c> looks at. It changes nothing and ends soon after its token does.</summary>
/// <param name="Name">A word for it.</param>
/// <param name="RunAsync">What it finds, the most important first; every finding is shown.</param>
/// <param name="NeedsDatabase">Skipped where no PostgreSQL runs.</param>
/// <param name="NeedsOurSchema">Skipped on a database that is not migrated.</param>
sealed record DoctorCheck(
    string Name, Func<DoctorContext, CancellationToken, Task<IReadOnlyList<DoctorFinding>>> RunAsync, bool NeedsDatabase = false,
    bool NeedsOurSchema = false)
{
    /// <summary>A check that needs to wait for nothing.</summary>
    internal static DoctorCheck Of(string name, Func<DoctorContext, IReadOnlyList<DoctorFinding>> run)
        => new(name, (context, _) => Task.FromResult(run(context)));
}

/// <summary>What checks share.</summary>
/// <param name="Connections">The logins of the database; null when the embedded one does not run.</param>
/// <param name="FolderIsInUse">Whether an Evolv holds the data folder.</param>
sealed record DoctorContext(ConnectionStrings? Connections, bool FolderIsInUse)
{
    /// <summary>A connection of its own for each check: they run at once.</summary>
    internal async Task<NpgsqlConnection> OpenOwnerAsync(CancellationToken cancellationToken)
        => await Migrator.OpenOwnerAsync(Connections!, cancellationToken);
}
