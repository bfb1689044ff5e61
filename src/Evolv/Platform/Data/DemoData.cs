using System.Security.Cryptography;
using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>A way into the demo community. The password is known only to the run that made it.</summary>
sealed record DemoLogin(string Role, string Email, string? Password);

/// <summary>The demo community of <c>db/demo</c>: people, guilds, learning paths, posts and three months of history.</summary>
static class DemoData
{
    /// <summary>What to tell somebody who did not keep the password.</summary>
    internal const string ResetHint =
        "The passwords were printed when the demo community was loaded; remove it and load it again for new ones.";

    const string Folder = "db/demo/";
    const long LockKey = 0x45564F4C5644; // "EVOLVD"

    // Without letters and digits that look alike.
    const string PasswordCharacters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    const int PasswordLength = 16;

    static readonly MigrationFile Removal = MigrationFile.In(Folder + "remove.sql").Single();

    static readonly IReadOnlyList<MigrationFile> Files =
        [.. MigrationFile.In(Folder).Where(file => file.Name != Removal.Name)];

    // As in 01_profiles.sql.
    static readonly IReadOnlyDictionary<Guid, string> Roles = new Dictionary<Guid, string>
    {
        [Guid.Parse("de300000-0001-4000-8000-000000000001")] = "admin",
        [Guid.Parse("de300000-0001-4000-8000-000000000002")] = "teacher",
        [Guid.Parse("de300000-0001-4000-8000-000000000003")] = "learner",
    };

    /// <summary>
    /// Loads the community, unless it is there: what people have changed in it since is left alone. The logins that have
    /// no password yet get a random one, the same for all.
    /// </summary>
    internal static async Task<IReadOnlyList<DemoLogin>> LoadAsync(
        NpgsqlConnection owner, Func<string, string> hashPassword, CancellationToken cancellationToken)
    {
        await using var transaction = await BeginAsync(owner, cancellationToken);
        if (!await IsLoadedAsync(owner, transaction, cancellationToken))
        {
            foreach (var file in Files)
                await RunAsync(file, owner, transaction, cancellationToken);
        }

        var logins = await SetPasswordsAsync(owner, transaction, hashPassword, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return logins;
    }

    /// <summary>Takes the community away, with everything that others said to it. Does nothing when it is not there.</summary>
    internal static async Task RemoveAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var transaction = await BeginAsync(owner, cancellationToken);
        await RunAsync(Removal, owner, transaction, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    // Two servers may start at once; one loads and the other finds it loaded.
    static async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        var transaction = await owner.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"select pg_advisory_xact_lock({LockKey})", owner, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return transaction;
    }

    static async Task<bool> IsLoadedAsync(
        NpgsqlConnection owner, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        // The profile outlives the account, so a community whose admin has left is still there.
        await using var command = new NpgsqlCommand(
            "select exists (select from public.profiles where id = any ($1))", owner, transaction)
        {
            Parameters = { new() { Value = Roles.Keys.ToArray() } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    static async Task RunAsync(
        MigrationFile file, NpgsqlConnection owner, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        foreach (var statement in SqlScript.Split(file.Text))
        {
            await using var command = new NpgsqlCommand(statement.Text, owner, transaction);
            try
            {
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
            catch (PostgresException exception)
            {
                throw new SetupException(
                    $"{file.Name}:{statement.Line}: {exception.SqlState} {exception.MessageText}; the database is as before.");
            }
        }
    }

    static async Task<IReadOnlyList<DemoLogin>> SetPasswordsAsync(
        NpgsqlConnection owner,
        NpgsqlTransaction transaction,
        Func<string, string> hashPassword,
        CancellationToken cancellationToken)
    {
        var password = RandomNumberGenerator.GetString(PasswordCharacters, PasswordLength);
        var logins = new List<DemoLogin>();
        foreach (var (id, email, hasPassword) in await ReadAccountsAsync(owner, transaction, cancellationToken))
        {
            logins.Add(new DemoLogin(Roles[id], email, hasPassword ? null : password));
            if (hasPassword)
                continue;
            await using var command = new NpgsqlCommand(
                "update auth.users set encrypted_password = $1 where id = $2", owner, transaction)
            {
                Parameters = { new() { Value = hashPassword(password) }, new() { Value = id } },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return logins;
    }

    static async Task<List<(Guid Id, string Email, bool HasPassword)>> ReadAccountsAsync(
        NpgsqlConnection owner, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select id, email, encrypted_password is not null from auth.users where id = any ($1) order by id",
            owner, transaction)
        {
            Parameters = { new() { Value = Roles.Keys.ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var accounts = new List<(Guid, string, bool)>();
        while (await reader.ReadAsync(cancellationToken))
            accounts.Add((reader.GetGuid(0), reader.GetString(1), reader.GetBoolean(2)));
        return accounts;
    }
}
