using Npgsql;

namespace Evolv.Platform;

/// <summary>
/// Something a family does once between the migrations and the first request, with the owner's connection: it is the only
/// one that reads keys.
/// </summary>
sealed record StartupStep(Func<NpgsqlConnection, CancellationToken, Task> RunAsync);
