using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;

namespace Evolv.Platform.Schema;

/// <summary>
/// Schemas as TypeScript in the shape that <c>createClient&lt;Database&gt;</c> of supabase-js understands,
/// such as <c>test/supabase-js/database.types.ts</c>.
/// </summary>
sealed partial class TypeScriptTypes
{
    /// <summary>The version of PostgREST that we speak; supabase-js chooses its features by it.</summary>
    const string PostgrestVersion = "13";

    internal const string DefaultSchema = "public";

    const string Nothing = "[_ in never]: never";

    static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly StringBuilder _text = new();
    readonly IReadOnlyList<string> _schemas;
    readonly Dictionary<long, CatalogType> _types;
    readonly Dictionary<long, CatalogRelation> _relations;
    readonly IReadOnlyList<CatalogRelation> _tables;
    readonly IReadOnlyList<CatalogRelation> _views;
    readonly IReadOnlyList<CatalogFunction> _functions;
    readonly IReadOnlyList<CatalogForeignKey> _foreignKeys;
    readonly ViewColumns _viewColumns;
    int _depth;

    TypeScriptTypes(TypeScriptCatalog catalog, IReadOnlyList<string> schemas)
    {
        _schemas = schemas;
        _types = catalog.Types.ToDictionary(type => type.Id);
        _relations = catalog.Relations.ToDictionary(relation => relation.Id);
        var relations = catalog.Relations.Where(relation => relation.Schema is not null).OrderBy(relation => relation.Name, StringComparer.Ordinal);
        _tables = [.. relations.Where(relation => !relation.IsView)];
        _views = [.. relations.Where(relation => relation.IsView)];
        // Without a name an argument cannot be given.
        _functions = [.. catalog.Functions.Where(function => function.Inputs.All(argument => argument.Name != ""))];
        _foreignKeys = catalog.ForeignKeys;
        _viewColumns = new ViewColumns(catalog.Relations);
    }

    /// <summary>Equal schemas give equal texts.</summary>
    /// <param name="owner">Any login that may see the catalog.</param>
    /// <param name="schemas">The first is the one whose tables need no schema beside their name.</param>
    /// <exception cref="SetupException">One of the schemas does not exist.</exception>
    internal static async Task<string> WriteAsync(
        NpgsqlConnection owner, IReadOnlyList<string> schemas, CancellationToken cancellationToken)
    {
        var catalog = await TypeScriptCatalog.ReadAsync(owner, schemas, cancellationToken);
        return schemas.FirstOrDefault(schema => !catalog.Schemas.Contains(schema)) is { } missing
            ? throw new SetupException($"The database has no schema {missing}; name others with --schema.")
            : new TypeScriptTypes(catalog, [.. schemas.Distinct()]).Write();
    }

    string Write()
    {
        _text.Append(Preface.Replace("The schema public", Named, StringComparison.Ordinal)).Append("\n\n");
        Block("export type Database = {", "}", () =>
        {
            Line("// Tells createClient what the server understands.");
            Block("__InternalSupabase: {", "}", () => Line($"PostgrestVersion: {Quote(PostgrestVersion)}"));
            foreach (var schema in _schemas)
                Block($"{Key(schema)}: {{", "}", () => WriteSchema(schema));
        });
        _text.Append('\n').Append(Utilities.Replace("\"public\"", Quote(_schemas[0]), StringComparison.Ordinal)).Append("\n\n");
        WriteConstants();
        return _text.ToString();
    }

    string Named => $"The {(_schemas.Count == 1 ? "schema" : "schemas")} {string.Join(", ", _schemas)}";

    void WriteSchema(string schema)
    {
        Members("Tables", _tables.Where(table => table.Schema == schema), WriteTable);
        Members("Views", _views.Where(view => view.Schema == schema), WriteView);
        Members("Functions", Overloads(schema), WriteFunction);
        Members("Enums", Types("enum", schema), type => Line($"{Key(type.Name)}: {Union(type.Labels)}"));
        Members("CompositeTypes", Types("composite", schema), WriteCompositeType);
    }

    // Tables and views ---------------------------------------------------------------------------------------------------

    void WriteTable(CatalogRelation table)
        => Block($"{Key(table.Name)}: {{", "}", () =>
        {
            WriteRow(table);
            WriteWritableRow("Insert", table, isInsert: true);
            WriteWritableRow("Update", table, isInsert: false);
            WriteRelationships(table);
        });

    void WriteView(CatalogRelation view)
        => Block($"{Key(view.Name)}: {{", "}", () =>
        {
            WriteRow(view);
            if (view.IsUpdatable)
            {
                WriteWritableRow("Insert", view, isInsert: true);
                WriteWritableRow("Update", view, isInsert: false);
            }

            WriteRelationships(view);
        });

    void WriteRow(CatalogRelation relation)
    {
        var origins = _viewColumns.OriginsOf(relation);
        Members("Row", Sorted(relation), column =>
        {
            var isNotNull = origins.TryGetValue(column.Position, out var origin) && origin.IsNotNull;
            Line($"{Key(column.Name)}: {TypeOf(column.Type)}{(isNotNull ? "" : " | null")}");
        });
    }

    void WriteWritableRow(string name, CatalogRelation relation, bool isInsert)
        => Members(name, Sorted(relation), column =>
        {
            var isRequired = isInsert && !relation.IsView &&
                column is { IsNotNull: true, HasDefault: false, IsNeverWritten: false, IsFilledByServer: false };
            var type = column switch
            {
                { IsNeverWritten: true } => "never",
                { IsNotNull: true } => TypeOf(column.Type),
                _ => $"{TypeOf(column.Type)} | null",
            };
            Line($"{Key(column.Name)}{(isRequired ? "" : "?")}: {type}");
        });

    static IEnumerable<CatalogColumn> Sorted(CatalogRelation relation)
        => relation.Columns.OrderBy(column => column.Name, StringComparer.Ordinal);

    // Relationships ------------------------------------------------------------------------------------------------------

    void WriteRelationships(CatalogRelation relation)
    {
        var relationships = Relationships(relation)
            .OrderBy(relationship => relationship.Name, StringComparer.Ordinal)
            .ThenBy(relationship => relationship.Target, StringComparer.Ordinal)
            .ToList();
        if (relationships.Count == 0)
        {
            Line("Relationships: []");
            return;
        }

        Block("Relationships: [", "]", () =>
        {
            foreach (var relationship in relationships)
            {
                Block("{", "},", () =>
                {
                    Line($"foreignKeyName: {Quote(relationship.Name)}");
                    Line($"columns: {QuoteAll(relationship.Columns)}");
                    Line($"isOneToOne: {(relationship.IsOneToOne ? "true" : "false")}");
                    Line($"referencedRelation: {Quote(relationship.Target)}");
                    Line($"referencedColumns: {QuoteAll(relationship.TargetColumns)}");
                });
            }
        });
    }

    /// <summary>A foreign key relates tables, and also the views that show all of its columns.</summary>
    IEnumerable<Relationship> Relationships(CatalogRelation relation)
        => from foreignKey in _foreignKeys
           let columns = ColumnsOf(relation, foreignKey.Source, foreignKey.SourceColumns)
           where columns is not null
           from target in _tables.Concat(_views)
           where target.Schema == relation.Schema // Only these can be embedded.
           let targetColumns = ColumnsOf(target, foreignKey.Target, foreignKey.TargetColumns)
           where targetColumns is not null
           select new Relationship(foreignKey.Name, columns, foreignKey.IsOneToOne, target.Name, targetColumns);

    /// <summary>The names under which <paramref name="relation"/> shows these columns of a table; null if it does not.</summary>
    List<string>? ColumnsOf(CatalogRelation relation, long table, IReadOnlyList<int> positions)
    {
        var origins = _viewColumns.OriginsOf(relation);
        var names = positions
            .Select(position => Sorted(relation).FirstOrDefault(column =>
                origins.TryGetValue(column.Position, out var origin) && (origin.Relation, origin.Column) == (table, position))?.Name)
            .OfType<string>()
            .ToList();
        return names.Count == positions.Count ? names : null;
    }

    sealed record Relationship(
        string Name, IReadOnlyList<string> Columns, bool IsOneToOne, string Target, IReadOnlyList<string> TargetColumns);

    // Functions ----------------------------------------------------------------------------------------------------------

    IEnumerable<IGrouping<string, CatalogFunction>> Overloads(string schema)
        => _functions.Where(function => function.Schema == schema).GroupBy(function => function.Name).OrderBy(group => group.Key, StringComparer.Ordinal);

    void WriteFunction(IGrouping<string, CatalogFunction> overloads)
    {
        var functions = overloads.OrderBy(function => function.Signature, StringComparer.Ordinal).ToList();
        if (functions is [var only])
        {
            Block($"{Key(overloads.Key)}: {{", "}", () => WriteSignature(only));
            return;
        }

        Line($"{Key(overloads.Key)}:");
        _depth++;
        foreach (var function in functions)
            Block("| {", "}", () => WriteSignature(function));
        _depth--;
    }

    void WriteSignature(CatalogFunction function)
    {
        if (function.Inputs.Any())
        {
            Members("Args", function.Inputs.OrderBy(argument => argument.Name, StringComparer.Ordinal),
                argument => Line($"{Key(argument.Name)}{(argument.IsOptional ? "?" : "")}: {TypeOf(argument.Type)}"));
        }
        else
        {
            Line("Args: never");
        }

        var (array, outputs) = (function.ReturnsSet ? "[]" : "", function.Outputs.ToList());
        if (outputs.Count > 1 || outputs is [{ Mode: "t" }])
        {
            Block("Returns: {", "}" + array, () =>
            {
                foreach (var column in outputs.OrderBy(column => column.Name, StringComparer.Ordinal))
                    Line($"{Key(column.Name)}: {TypeOf(column.Type)}");
            });
            return;
        }

        var type = TypeOf(function.Returns);
        Line($"Returns: {(function.ReturnsSet && type.Contains(' ') ? $"({type})" : type)}{array}");
        if (_types[function.Returns] is { Kind: "relation", Schema: not null } row)
        {
            // The result can be filtered and embedded like the rows of that table.
            Block("SetofOptions: {", "}", () =>
            {
                Line("from: \"*\"");
                Line($"to: {Quote(row.Name)}");
                Line($"isOneToOne: {(function.ReturnsSet ? "false" : "true")}");
                Line($"isSetofReturn: {(function.ReturnsSet ? "true" : "false")}");
            });
        }
    }

    // Types --------------------------------------------------------------------------------------------------------------

    IEnumerable<CatalogType> Types(string kind, string schema)
        => _types.Values.Where(type => type.Kind == kind && type.Schema == schema).OrderBy(type => type.Name, StringComparer.Ordinal);

    void WriteCompositeType(CatalogType type)
        => Members(Key(type.Name), type.Attributes.OrderBy(attribute => attribute.Name, StringComparer.Ordinal),
            // No attribute of a composite value can be declared not null.
            attribute => Line($"{Key(attribute.Name)}: {TypeOf(attribute.Type)} | null"));

    void WriteConstants()
        => Block("export const Constants = {", "} as const", () =>
        {
            foreach (var schema in _schemas)
                Block($"{Key(schema)}: {{", "},", () => WriteEnumConstants(Types("enum", schema).ToList()));
        });

    void WriteEnumConstants(List<CatalogType> enums)
    {
        if (enums.Count == 0)
            Line("Enums: {},");
        else
            Block("Enums: {", "},", () => enums.ForEach(type => Line($"{Key(type.Name)}: {QuoteAll(type.Labels)},")));
    }

    /// <summary>What a value of this type is in JSON.</summary>
    string TypeOf(long id) => _types[id] switch
    {
        { Kind: "array", Inner: var element } => $"{(TypeOf(element) is var type && type.Contains(' ') ? $"({type})" : type)}[]",
        { Kind: "domain", Inner: var inner } => TypeOf(inner),
        { Kind: "enum", Schema: { } schema, Name: var name } => $"Database[{Quote(schema)}][\"Enums\"][{Quote(name)}]",
        { Kind: "enum", Labels: var labels } => Union(labels),
        { Kind: "composite", Schema: { } schema, Name: var name } => $"Database[{Quote(schema)}][\"CompositeTypes\"][{Quote(name)}]",
        { Kind: "relation", Schema: { } schema } row =>
            $"Database[{Quote(schema)}][\"{(_relations[row.Relation].IsView ? "Views" : "Tables")}\"][{Quote(row.Name)}][\"Row\"]",
        { Kind: "composite" or "relation" } => "Record<string, unknown>",
        { Name: var name } => BaseType(name),
    };

    static string BaseType(string name) => name switch
    {
        "bool" => "boolean",
        "int2" or "int4" or "int8" or "float4" or "float8" or "numeric" or "oid" => "number",
        "json" or "jsonb" => "Json",
        "void" => "undefined",
        "record" => "Record<string, unknown>",
        "text" or "varchar" or "bpchar" or "name" or "char" or "citext" or "uuid" or "bytea" or "xml" or "bit" or "varbit"
            or "date" or "time" or "timetz" or "timestamp" or "timestamptz" or "interval"
            or "inet" or "cidr" or "macaddr" or "macaddr8" or "money" or "tsvector" or "tsquery" or "vector"
            or "int4range" or "int8range" or "numrange" or "daterange" or "tsrange" or "tstzrange" => "string",
        _ => "unknown",
    };

    // Text ---------------------------------------------------------------------------------------------------------------

    void Members<T>(string name, IEnumerable<T> members, Action<T> write)
        => Block($"{name}: {{", "}", () =>
        {
            var isEmpty = true;
            foreach (var member in members)
            {
                write(member);
                isEmpty = false;
            }

            if (isEmpty)
                Line(Nothing);
        });

    void Block(string open, string close, Action write)
    {
        Line(open);
        _depth++;
        write();
        _depth--;
        Line(close);
    }

    void Line(string text) => _text.Append(' ', _depth * 2).Append(text).Append('\n');

    static string Union(IReadOnlyList<string> labels) => labels.Count == 0 ? "never" : string.Join(" | ", labels.Select(Quote));

    static string QuoteAll(IReadOnlyList<string> names) => $"[{string.Join(", ", names.Select(Quote))}]";

    static string Key(string name) => PlainKey.IsMatch(name) ? name : Quote(name);

    static string Quote(string text) => JsonSerializer.Serialize(text, Readable);

    [GeneratedRegex(@"^[A-Za-z_$][A-Za-z0-9_$]*\z")]
    static partial Regex PlainKey { get; }

    const string Preface =
        """
        // The schema public of Evolv, generated from the database by ./evolv types.

        export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]
        """;

    // Each takes a name of the schema public, or { schema: "public" } and a name.
    const string Utilities =
        """
        type Schemas = Omit<Database, "__InternalSupabase">
        type InSchema = { schema: keyof Schemas }
        type SchemaOf<Choice> = Choice extends InSchema ? Schemas[Choice["schema"]] : Schemas["public"]
        type NameOf<Choice, Name> = Choice extends InSchema ? Name : Choice
        type Part<Choice, Name, Kind extends "Row" | "Insert" | "Update"> =
          NameOf<Choice, Name> extends infer Key extends keyof RelationsOf<Choice>
            ? RelationsOf<Choice>[Key] extends { [K in Kind]: infer Type } ? Type : never
            : never
        type RelationsOf<Choice> = SchemaOf<Choice>["Tables"] & SchemaOf<Choice>["Views"]
        type Names<Choice, Of extends "Tables" | "Views" | "Enums" | "CompositeTypes"> =
          Choice extends InSchema ? keyof SchemaOf<Choice>[Of] : never

        /** A row as it is read, of a table or a view. */
        export type Tables<
          Choice extends keyof RelationsOf<"public"> | InSchema,
          Name extends Names<Choice, "Tables"> | Names<Choice, "Views"> = never,
        > = Part<Choice, Name, "Row">

        /** A row as it is inserted. */
        export type TablesInsert<
          Choice extends keyof Schemas["public"]["Tables"] | InSchema,
          Name extends Names<Choice, "Tables"> = never,
        > = Part<Choice, Name, "Insert">

        /** The columns of an update. */
        export type TablesUpdate<
          Choice extends keyof Schemas["public"]["Tables"] | InSchema,
          Name extends Names<Choice, "Tables"> = never,
        > = Part<Choice, Name, "Update">

        export type Enums<
          Choice extends keyof Schemas["public"]["Enums"] | InSchema,
          Name extends Names<Choice, "Enums"> = never,
        > = SchemaOf<Choice>["Enums"][NameOf<Choice, Name> & keyof SchemaOf<Choice>["Enums"]]

        export type CompositeTypes<
          Choice extends keyof Schemas["public"]["CompositeTypes"] | InSchema,
          Name extends Names<Choice, "CompositeTypes"> = never,
        > = SchemaOf<Choice>["CompositeTypes"][NameOf<Choice, Name> & keyof SchemaOf<Choice>["CompositeTypes"]]
        """;
}
