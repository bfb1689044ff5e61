using System.Diagnostics;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Platform.Doctor;

/// <summary>Whether PostgreSQL answers, and is set up so that Evolv can work with it.</summary>
static class PostgresCheck
{
    internal const string Name = "postgres";

    const int OldestVersion = 150000;
    const int BesidesThePool = 10; // Connections of the owner: migrations, change stream, verbs.

    static readonly string[] ApiRoles = ["anon", "authenticated", "service_role", "supabase_auth_admin"];

    internal static async Task<IReadOnlyList<DoctorFinding>> RunAsync(
        DoctorContext context, DatabaseOptions options, ServerOptions server, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        NpgsqlConnection owner;
        try
        {
            owner = await context.OpenOwnerAsync(cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            return [DoctorFinding.Red(
                $"PostgreSQL at {context.Connections!.Owner.Host}:{context.Connections.Owner.Port} does not let us in: {exception.Message.ReplaceLineEndings(" ")}",
                "Start it, or check Database:ConnectionString.")];
        }

        await using (owner)
        {
            var state = await ReadAsync(owner, cancellationToken);
            var elapsed = Stopwatch.GetElapsedTime(started);
            return
            [
                DoctorFinding.Green($"PostgreSQL {state.Version} answers after {elapsed.TotalMilliseconds:0} ms"),
                .. Judge(state, options, server.Migrate),
                .. await TryPoolAsync(context.Connections!, server.Migrate, cancellationToken),
            ];
        }
    }

    /// <summary>What it says of itself.</summary>
    internal sealed record State(
        string Version, int VersionNumber, string WalLevel, int MaxConnections, bool IsSuperuser, bool MayCreateRoles, bool MayReplicate,
        bool IsInRecovery, long BrokenPages);

    static async Task<State> ReadAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select
                split_part(current_setting('server_version'), ' ', 1), current_setting('server_version_num')::int, current_setting('wal_level'),
                current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
                r.rolsuper, r.rolcreaterole, r.rolreplication, pg_is_in_recovery(),
                (select coalesce(sum(checksum_failures), 0)::bigint from pg_stat_database)
            from pg_roles r
            where r.rolname = current_user
            """, owner);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new State(
            reader.GetString(0), reader.GetInt32(1), reader.GetString(2), reader.GetInt32(3), reader.GetBoolean(4), reader.GetBoolean(5),
            reader.GetBoolean(6), reader.GetBoolean(7), reader.GetInt64(8));
    }

    internal static IEnumerable<DoctorFinding> Judge(State state, DatabaseOptions options, bool isOurs)
    {
        if (state.VersionNumber < OldestVersion)
            yield return DoctorFinding.Red($"PostgreSQL {state.Version} is too old", "Evolv needs 15 or newer.");
        if (state.IsInRecovery)
            yield return DoctorFinding.Red("this PostgreSQL is a standby and takes no writes", "Name the primary in Database:ConnectionString.");
        if (state.BrokenPages > 0)
            yield return DoctorFinding.Red($"PostgreSQL found {state.BrokenPages} broken pages (checksums)", "The disk may be failing: restore a backup elsewhere, and see PostgreSQL's log for the relation.");
        if (state.WalLevel != "logical")
            yield return DoctorFinding.Yellow($"wal_level is {state.WalLevel}: /realtime/v1 tells of no changes", "alter system set wal_level = 'logical', and restart PostgreSQL.");
        if (options.MaxPoolSize + BesidesThePool > state.MaxConnections)
        {
            yield return DoctorFinding.Yellow(
                $"one server may open {options.MaxPoolSize} connections, and PostgreSQL takes {state.MaxConnections} of all", "Lower Database:MaxPoolSize or raise max_connections.");
        }

        if (isOurs && !state.IsSuperuser && !state.MayCreateRoles)
            yield return DoctorFinding.Yellow("the owner may not create roles", "alter role … createrole, before the first start.");
        if (!state.IsSuperuser && !state.MayReplicate)
            yield return DoctorFinding.Yellow("the owner may not replicate: /realtime/v1 tells of no changes", "alter role … replication.");
    }

    // Whoever serves requests may become the roles of the API and nobody else: row-level security rests on it.
    static async Task<IReadOnlyList<DoctorFinding>> TryPoolAsync(ConnectionStrings connections, bool isOurs, CancellationToken cancellationToken)
    {
        try
        {
            var once = new NpgsqlConnectionStringBuilder(connections.Pool.ConnectionString) { Pooling = false };
#pragma warning disable RS0030 // Looks at the login of the pool itself.
            await using var connection = new NpgsqlConnection(once.ConnectionString);
#pragma warning restore RS0030
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(
                """
                select
                    r.rolsuper or r.rolbypassrls,
                    array(select w.name from unnest($1) w (name) where to_regrole(w.name) is null or not pg_has_role(current_user, to_regrole(w.name), 'member'))
                from pg_roles r
                where r.rolname = current_user
                """, connection)
            {
                Parameters = { new() { Value = ApiRoles } },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return [.. JudgePool(once.Username!, reader.GetBoolean(0), reader.GetFieldValue<string[]>(1), isOurs)];
        }
        catch (NpgsqlException exception)
        {
            return [DoctorFinding.Red(
                $"requests cannot log in as {connections.Pool.Username}: {exception.Message.ReplaceLineEndings(" ")}",
                isOurs && connections.OwnsPoolLogin ? "A start of Evolv gives the role its password." : "Check Database:PoolConnectionString.")];
        }
    }

    static IEnumerable<DoctorFinding> JudgePool(string login, bool bypassesRowSecurity, string[] missing, bool isOurs)
    {
        if (bypassesRowSecurity)
            yield return DoctorFinding.Red($"requests log in as {login}, who is above row-level security", "Use a login that may only become the roles of the API.");
        if (isOurs && missing.Length > 0)
            yield return DoctorFinding.Red($"{login} may not become {string.Join(", ", missing)}", $"grant {string.Join(", ", missing)} to {login}; a start of Evolv makes roles that are missing.");
    }
}
