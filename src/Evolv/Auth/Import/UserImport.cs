using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Auth.Import;

/// <summary>What an import did.</summary>
/// <param name="Accounts">Taken over.</param>
/// <param name="Skipped">Accounts whose id, address or number exists already.</param>
/// <param name="Identities">Taken over with them.</param>
/// <param name="MadeIdentities">Made, because the dump had none for an account with an address.</param>
/// <param name="Sessions">Of people who stay signed in.</param>
/// <param name="Bad">Rows that are wrong.</param>
/// <param name="Factors">Second factors, which are not taken over.</param>
sealed record ImportSummary(long Accounts, long Skipped, long Identities, long MadeIdentities, long Sessions, long Bad, long Factors);

/// <summary>
/// Takes accounts over from dumps, in the transaction of the caller. Rows stream into temporary tables; what is right goes on from there in a few
/// statements, whatever the order of tables and files, and triggers make the profiles.
/// </summary>
/// <param name="owner">The owner's connection, with a transaction open.</param>
/// <param name="said">Called with the place of each bad row and what is wrong with it.</param>
/// <param name="progress">Called now and then with the number of rows read.</param>
sealed class UserImport(NpgsqlConnection owner, Action<string> said, Action<long> progress)
{
    const int ProgressEvery = 10_000;

    readonly Dictionary<string, long> _staged = [];
    long _read;
    long _bad;

    /// <summary>Before the first file.</summary>
    internal async Task BeginAsync(CancellationToken cancellationToken)
    {
        var sql = new StringBuilder("set local statement_timeout = 0; create temp table import_made (id uuid primary key) on commit drop;\n");
        foreach (var table in ImportTable.All)
            sql.Append($"create temp table {table.Staged} (position bigint generated always as identity, {string.Join(", ", table.Columns.Select(column => $"{column.Name} {TypeOf(column.Type)}"))}) on commit drop;\n");
        await ExecuteAsync(sql.ToString(), cancellationToken);
    }

    internal async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(path, Encoding.UTF8);
        var text = new DumpText(reader);
        if (text.PeekLine().StartsWith("PGDMP", StringComparison.Ordinal))
            throw text.Broken("it is in pg_dump's own format; make text of it with pg_restore -f dump.sql");
        NpgsqlBinaryImporter? importer = null;
        ImportTable? current = null;
        try
        {
            foreach (var row in IsCsv(text) ? CsvDump.Read(text) : SqlDump.Read(text))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (ToValues(path, row, out var table) is not { } values)
                    continue;
                if (table != current)
                {
                    await EndAsync(importer, cancellationToken);
                    importer = null;
                    importer = await owner.BeginBinaryImportAsync(
                        $"copy {table!.Staged} ({string.Join(", ", table.Columns.Select(column => column.Name))}) from stdin (format binary)", cancellationToken);
                    current = table;
                }

                await WriteAsync(importer!, table!, values, cancellationToken);
            }

            await EndAsync(importer, cancellationToken);
            importer = null;
        }
        finally
        {
            if (importer is not null)
                await importer.DisposeAsync();
        }
    }

    /// <summary>After the last file: makes accounts of what was read.</summary>
    internal async Task<ImportSummary> FinishAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync("analyze import_users; analyze import_identities; analyze import_sessions; analyze import_refresh_tokens", cancellationToken);
        var accounts = await ExecuteAsync(ImportSql.Users, cancellationToken);
        await ExecuteAsync("analyze import_made", cancellationToken);
        var identities = await ExecuteAsync(ImportSql.Identities, cancellationToken);
        var made = await ExecuteAsync(ImportSql.MissingIdentities, cancellationToken);
        var sessions = await ExecuteAsync(ImportSql.Sessions, cancellationToken);
        await ExecuteAsync(ImportSql.RefreshTokens, cancellationToken);
        return new ImportSummary(
            accounts, _staged.GetValueOrDefault(DumpTables.Users) - accounts, identities, made, sessions, _bad,
            _staged.GetValueOrDefault(DumpTables.Factors));
    }

    /// <summary>How many rows of accounts or what belongs to them were found so far.</summary>
    internal long Found => _read;

    internal long Bad => _bad;

    object?[]? ToValues(string path, DumpRow row, out ImportTable? table)
    {
        table = ImportTable.All.FirstOrDefault(one => one.Name == row.Table);
        if (++_read % ProgressEvery == 0)
            progress(_read);
        try
        {
            var values = table?.Read(row);
            _staged[row.Table] = _staged.GetValueOrDefault(row.Table) + 1;
            return values;
        }
        catch (BadRowException exception)
        {
            _bad++;
            said($"{path}:{row.Line}: {row.Table}: {exception.Message}");
            return null;
        }
    }

    // A header of CSV is one name after the other, with nothing but commas between them.
    static bool IsCsv(DumpText text)
    {
        var line = text.PeekLine().Trim().TrimStart('\uFEFF');
        return line.Length > 0 && line.Split(',').All(name => name.Trim('"').Length > 0 && name.Trim('"').All(character => char.IsAsciiLetterOrDigit(character) || character == '_'));
    }

    static async Task WriteAsync(
        NpgsqlBinaryImporter importer, ImportTable table, object?[] values, CancellationToken cancellationToken)
    {
        await importer.StartRowAsync(cancellationToken);
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is { } value)
                await importer.WriteAsync(value, table.Columns[i].Type, cancellationToken);
            else
                await importer.WriteNullAsync(cancellationToken);
        }
    }

    static async Task EndAsync(NpgsqlBinaryImporter? importer, CancellationToken cancellationToken)
    {
        if (importer is null)
            return;
        await importer.CompleteAsync(cancellationToken);
        await importer.DisposeAsync();
    }

    async Task<long> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, owner) { CommandTimeout = 0 };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static string TypeOf(NpgsqlDbType type) => type switch
    {
        NpgsqlDbType.Uuid => "uuid",
        NpgsqlDbType.Jsonb => "jsonb",
        NpgsqlDbType.Boolean => "boolean",
        NpgsqlDbType.TimestampTz => "timestamptz",
        _ => "text",
    };
}
