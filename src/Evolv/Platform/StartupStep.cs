using Npgsql;

namespace Evolv.Platform;

/// <summary>
/// Something a family does once between the migrations and the first request, with the owner's connection: it is the only
/// one that reads keys.
/// </summary>
/// <param name="NeedsOurSchema">Left out on a database that is not migrated.</param>
sealed record StartupStep(Func<NpgsqlConnection, CancellationToken, Task> RunAsync, bool NeedsOurSchema = false);
