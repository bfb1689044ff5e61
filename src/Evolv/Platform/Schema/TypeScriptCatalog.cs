using System.Text.Json;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Platform.Schema;

/// <summary>What the TypeScript types are made from, as <c>TypeScriptTypes.sql</c> finds it. Ids are object ids.</summary>
sealed record TypeScriptCatalog(
    IReadOnlyList<string> Schemas,
    IReadOnlyList<CatalogRelation> Relations,
    IReadOnlyList<CatalogForeignKey> ForeignKeys,
    IReadOnlyList<CatalogFunction> Functions,
    IReadOnlyList<CatalogType> Types)
{
    static readonly string CatalogSql = MigrationFile.In("src/Platform/Schema/TypeScriptTypes.sql").Single().Text;

    static readonly JsonSerializerOptions Names = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
    };

    internal static async Task<TypeScriptCatalog> ReadAsync(
        NpgsqlConnection owner, IReadOnlyList<string> schemas, CancellationToken cancellationToken)
    {
        await using var transaction = await CatalogTransaction.BeginAsync(owner, cancellationToken);
        await using var command = new NpgsqlCommand(CatalogSql, owner, transaction)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. schemas] } },
        };
        var json = (string)(await command.ExecuteScalarAsync(cancellationToken))!;
        return JsonSerializer.Deserialize<TypeScriptCatalog>(json, Names)!;
    }
}

/// <summary>A table, or a view with its parse tree (<c>Rule</c>), which knows where its columns come from.</summary>
/// <param name="Schema">Null when it is not one of those asked for.</param>
sealed record CatalogRelation(
    long Id, string Name, string? Schema, bool IsView, bool IsUpdatable, string? Rule, IReadOnlyList<CatalogColumn> Columns);

/// <summary>A column of a table or view.</summary>
sealed record CatalogColumn(
    int Position,
    string Name,
    long Type,
    bool IsNotNull,
    bool HasDefault,
    bool IsNeverWritten,
    bool IsFilledByServer);

/// <summary>A foreign key of any schema. Clients write its name as a hint in <c>select=…</c>.</summary>
sealed record CatalogForeignKey(
    string Name,
    long Source,
    IReadOnlyList<int> SourceColumns,
    long Target,
    IReadOnlyList<int> TargetColumns,
    bool IsOneToOne);

/// <summary>A function of a schema that was asked for.</summary>
sealed record CatalogFunction(
    string Schema, string Name, string Signature, long Returns, bool ReturnsSet, IReadOnlyList<CatalogArgument> Arguments)
{
    internal IEnumerable<CatalogArgument> Inputs => Arguments.Where(argument => argument.Mode is "i" or "b" or "v");

    internal IEnumerable<CatalogArgument> Outputs => Arguments.Where(argument => argument.Mode is "o" or "b" or "t");
}

/// <summary>An argument; its mode is one of <c>pg_proc.proargmodes</c>: i, o, b (both), v (variadic), t (column of the table).</summary>
sealed record CatalogArgument(string Name, long Type, string Mode, bool IsOptional);

/// <summary>
/// A type of any schema. Its kind is array, domain, enum, composite, relation (the row of a table or view) or base;
/// <c>Inner</c> is the element of an array or what is beneath a domain, <c>Relation</c> whose row it is.
/// </summary>
sealed record CatalogType(
    long Id,
    string Name,
    string? Schema,
    string Kind,
    long Inner,
    long Relation,
    IReadOnlyList<string> Labels,
    IReadOnlyList<CatalogAttribute> Attributes);

/// <summary>A part of a composite type.</summary>
sealed record CatalogAttribute(string Name, long Type);
