using System.Collections.Immutable;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Platform.Lint;

/// <summary>Looks for mistakes in the schema of a database: grants, policies, functions, indexes, keys. Changes nothing.</summary>
static class Linter
{
    static readonly string Shared = MigrationFile.In("src/Platform/Lint/Shared.sql").Single().Text;

    /// <summary>All findings, the worst first. The connection must be the owner's or see as much, and not be in a transaction.</summary>
    internal static async Task<ImmutableArray<LintFinding>> RunAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var transaction = await owner.BeginTransactionAsync(cancellationToken);
        await using var readOnly = new NpgsqlCommand("set transaction isolation level repeatable read, read only", owner, transaction);
        await readOnly.ExecuteNonQueryAsync(cancellationToken);
        return await FindAsync(owner, LintRule.All, cancellationToken);
    }

    /// <summary>What some of the lints find inside the transaction that the connection is in, uncommitted changes included.</summary>
    internal static async Task<ImmutableArray<LintFinding>> FindAsync(
        NpgsqlConnection owner, ImmutableArray<LintRule> among, CancellationToken cancellationToken)
    {
        var rules = await ApplicableAsync(owner, among, cancellationToken);
        await using var batch = new NpgsqlBatch(owner);
        foreach (var rule in rules)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                $"""
                {Shared}
                select l.detail, l.metadata::text, l.cache_key
                from (
                {rule.Sql}
                ) l (detail, metadata, cache_key)
                """));
        }

        var findings = ImmutableArray.CreateBuilder<LintFinding>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var rule in rules)
        {
            while (await reader.ReadAsync(cancellationToken))
                findings.Add(LintFinding.Of(rule, reader.GetString(0), reader.GetString(1), reader.GetString(2)));
            await reader.NextResultAsync(cancellationToken);
        }

        findings.Sort((left, right) => (right.Level, left.Name, left.CacheKey).CompareTo((left.Level, right.Name, right.CacheKey)));
        return findings.ToImmutable();
    }

    // A statement that names a table which does not exist cannot even be parsed. The settings travel along: deparsed
    // expressions qualify every name under an empty search_path, and compiling these queries takes longer than running them.
    static async Task<ImmutableArray<LintRule>> ApplicableAsync(
        NpgsqlConnection owner, ImmutableArray<LintRule> among, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select n.name, set_config('search_path', '', true), set_config('jit', 'off', true)
            from unnest($1) n (name)
            where to_regclass(n.name) is not null
            union all
            select null, set_config('search_path', '', true), set_config('jit', 'off', true)
            """, owner)
        {
            Parameters = { new() { Value = among.Select(rule => rule.Requires).OfType<string>().ToArray() } },
        };
        var existing = new HashSet<string?>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            existing.Add(reader.GetText(0));
        return [.. among.Where(rule => existing.Contains(rule.Requires))];
    }
}
