using System.Reflection;
using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>A script of <c>db/</c> that travels inside the program.</summary>
sealed record MigrationFile(string Name, string Text)
{
    internal string Hash { get; } = Sha256Hex.Of(Text);

    /// <summary>All files under a folder of the program's resources, in the order of their names.</summary>
    internal static IReadOnlyList<MigrationFile> In(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return new MigrationFile(name, reader.ReadToEnd());
            })];
    }
}

/// <summary>
/// Brings the database to the schema of this program: <c>db/platform</c>, <c>db/migrations</c> and then the reference
/// data of <c>db/seed.sql</c> and <c>db/occupations.sql</c>. Any number of servers may start at once; each file is applied exactly once.
/// </summary>
sealed class Migrator(ConnectionStrings connectionStrings, ILogger<Migrator> logger)
{
    const long LockKey = 0x45564F4C56; // "EVOLV"

    internal static IReadOnlyList<MigrationFile> Files { get; } =
        [.. MigrationFile.In("db/platform/"), .. MigrationFile.In("db/migrations/")];

    internal static IReadOnlyList<MigrationFile> ReferenceData { get; } =
        [.. MigrationFile.In("db/seed.sql"), .. MigrationFile.In("db/occupations.sql")];

    /// <summary>Applies what is missing and returns the names of the applied files.</summary>
    /// <exception cref="SetupException">A file fails, or one that was applied has changed since.</exception>
    internal async Task<IReadOnlyList<string>> MigrateAsync(
        IReadOnlyList<MigrationFile> files, IReadOnlyList<MigrationFile> referenceData, CancellationToken cancellationToken)
    {
        await using var connection = await OpenOwnerAsync(connectionStrings, cancellationToken);
        // Of this database, and gone with the connection, whatever happens to this process.
        await ExecuteAsync(connection, $"select pg_advisory_lock({LockKey})", cancellationToken);
        await ExecuteAsync(connection,
            """
            create schema if not exists evolv_migrations;
            create table if not exists evolv_migrations.applied (
                name       text primary key,
                sha256     text not null,
                applied_at timestamptz not null default now()
            )
            """, cancellationToken);

        var applied = await AppliedAsync(connection, cancellationToken);
        var names = new List<string>();
        foreach (var file in files)
        {
            if (!applied.TryGetValue(file.Name, out var hash))
            {
                await ApplyAsync(connection, file, cancellationToken);
                names.Add(file.Name);
            }
            else if (hash != file.Hash)
            {
                throw new SetupException(
                    $"{file.Name} was changed after this database applied it; before version 1.0 start with an empty data folder, later add a new file.");
            }
        }

        // Reference data is written to be run again, so it follows the program.
        foreach (var file in referenceData.Where(file => applied.GetValueOrDefault(file.Name) != file.Hash))
        {
            await ApplyAsync(connection, file, cancellationToken);
            names.Add(file.Name);
        }

        await EnsurePoolLoginAsync(connection, cancellationToken);
        return names;
    }

    /// <summary>A connection as the owner. Requests never use it.</summary>
    internal static async Task<NpgsqlConnection> OpenOwnerAsync(
        ConnectionStrings connectionStrings, CancellationToken cancellationToken)
    {
#pragma warning disable RS0030 // The owner's connection, for migrations, keys, replication slots and the command line only.
        var connection = new NpgsqlConnection(connectionStrings.Owner.ConnectionString);
#pragma warning restore RS0030
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    static async Task<Dictionary<string, string>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select name, sha256 from evolv_migrations.applied", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var applied = new Dictionary<string, string>();
        while (await reader.ReadAsync(cancellationToken))
            applied.Add(reader.GetString(0), reader.GetString(1));
        return applied;
    }

    async Task ApplyAsync(NpgsqlConnection connection, MigrationFile file, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        foreach (var statement in SqlScript.Split(file.Text))
        {
            try
            {
                await ExecuteAsync(connection, statement.Text, cancellationToken);
            }
            catch (PostgresException exception)
            {
                var line = statement.Line + statement.Text.AsSpan(0, Math.Max(exception.Position - 1, 0)).Count('\n');
                throw new SetupException(
                    $"{file.Name}:{line}: {exception.SqlState} {exception.MessageText}; the database is as before this file, correct it and start again.");
            }
        }

        await using var record = new NpgsqlCommand(
            """
            insert into evolv_migrations.applied (name, sha256) values ($1, $2)
            on conflict (name) do update set sha256 = excluded.sha256, applied_at = now()
            """, connection, transaction)
        {
            Parameters = { new() { Value = file.Name }, new() { Value = file.Hash } },
        };
        await record.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        logger.MigrationApplied(file.Name);
    }

    /// <summary>Gives the role authenticator its derived password, when it cannot log in with it yet.</summary>
    async Task EnsurePoolLoginAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        if (!connectionStrings.OwnsPoolLogin)
            return;
        try
        {
            var once = new NpgsqlConnectionStringBuilder(connectionStrings.Pool.ConnectionString) { Pooling = false };
#pragma warning disable RS0030 // Only tries the login.
            await using var connection = new NpgsqlConnection(once.ConnectionString);
#pragma warning restore RS0030
            await connection.OpenAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.InvalidPassword
            or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            // ALTER ROLE takes no parameters; the password is hexadecimal by construction.
            await ExecuteAsync(owner,
                $"alter role {ConnectionStrings.Authenticator} login password '{connectionStrings.Pool.Password}'", cancellationToken);
        }
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
