using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Evolv.Rest;
using Evolv.Rest.Plan;
using Evolv.Rest.Query;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;
using Evolv.Tests.Rest.Token;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Evolv.Tests.Rest.Query;

/// <summary>A schema made by hand, and what a request becomes over it: URL in, SQL out, without a database.</summary>
static partial class FilmSchema
{
    static readonly SchemaCache Schema = SchemaCache.Empty with
    {
        Tables = Tables().ToFrozenDictionary(table => table.Name),
        Relationships = new RelationshipBuilder(Tables().ToDictionary(table => table.Name, table => table.PrimaryKey), ["api"]).Build(
            [
                Key(1, "films", "directors", "director_id"),
                Key(2, "posters", "films", "film_id") with { IsOneToOne = true },
                Key(3, "roles", "films", "film_id"),
                Key(4, "roles", "actors", "actor_id"),
                Key(5, "directors", "directors", "mentor_id"),
                new(6, Api("screenings"), Api("rooms"), "screenings_room", [new("house", "house"), new("room", "number")], IsOneToOne: false),
            ],
            [],
            [
                new(Api("best"), Api("directors"), Api("films"), SingleRow: true, IsSelf: false),
                new(Api("similar"), Api("films"), Api("films"), SingleRow: false, IsSelf: true),
            ]),
        Routines = Routines().GroupBy(routine => routine.Name).ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray()),
        Representations = new DataRepresentation[]
        {
            new("api.color", "json", "api.color_json"), new("text", "api.color", "api.color_parse"), new("json", "api.color", "api.color_read"),
        }.ToFrozenDictionary(cast => (cast.SourceType, cast.TargetType)),
        MediaHandlers = MediaHandlers.With(
        [
            new(new(Api("actors"), new MediaType.Other("application/x-actors")),
                new(new MediaHandler.Custom(Api("actors_agg"), Api("actors")), new MediaType.Other("application/x-actors"))),
        ]),
    };

    static readonly RestConfig Config = Tokens.Rest(null) with { Schemas = ["api"], AggregatesEnabled = true, PlanEnabled = true };

    /// <summary>The whole statement.</summary>
    internal static Sql Statement(string line, string? body, params string[] headers)
    {
        var (plan, request, config) = Plan(line, body, headers);
        return new(Statements.Write(plan, request, config));
    }

    /// <summary>The part of it that reads the rows.</summary>
    internal static Sql Rows(string line, params string[] headers) => new(new SqlWriter().Read(Plan(line, null, headers).Plan.Rows));

    /// <summary>The part of it that counts them.</summary>
    internal static Sql Count(string line) => new(new SqlWriter().CountRows(Plan(line, null, []).Plan.Rows));

    /// <summary>What <c>Max-Rows</c> says among the headers is the setting.</summary>
    static (ActionPlan.Statement Plan, ApiRequest Request, RestConfig Config) Plan(string line, string? body, string[] headers)
    {
        var context = new DefaultHttpContext();
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        context.Request.Method = line[..space];
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = "/rest/v1" + line[(space + 1)..];
        var config = Config;
        foreach (var header in headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            if (header.StartsWith("Max-Rows:", StringComparison.Ordinal))
                config = config with { MaxRows = int.Parse(header[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture) };
            else
                context.Request.Headers.Append(header[..colon], header[(colon + 1)..].Trim());
        }

        var snapshot = new RestSnapshot(config, Schema);
        var request = RequestParser.Parse(context.Request, Encoding.UTF8.GetBytes(body ?? ""), snapshot);
        return (Assert.IsType<ActionPlan.Statement>(Planner.Plan(request, snapshot), exactMatch: false), request, config);
    }

    static QualifiedName Api(string name) => new("api", name);

    static ForeignKeyRow Key(uint number, string table, string target, string column)
        => new(number, Api(table), Api(target), $"{table}_{column}_fkey", [new(column, "id")], IsOneToOne: false);

    static Table[] Tables() =>
    [
        Table("films", "id", "id int", "title text", "director_id int", "price numeric", "data jsonb", "tags text[]", "words tsvector", "color api.color"),
        Table("directors", "id", "id int", "name text", "mentor_id int"),
        Table("posters", "film_id", "film_id int", "file text"),
        Table("roles", "film_id actor_id", "film_id int", "actor_id int", "part text"),
        Table("actors", "id", "id int", "name text"),
        Table("rooms", "house number", "house text", "number int", "seats int"),
        Table("screenings", "id", "id int", "house text", "room int", "starts timestamptz"),
        Table("log", "", "at timestamptz", "line text"),
        Table("odd \"names\"", "a b", "a b int", "c.d text"),
    ];

    // The last word is the type: column names may have spaces.
    static Table Table(string name, string primaryKey, params string[] columns) => new(
        Api(name), null, IsView: false, Insertable: true, Updatable: true, Deletable: true,
        name.StartsWith("odd", StringComparison.Ordinal) ? [primaryKey] : [.. primaryKey.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
        [
            .. columns.Select(column =>
            {
                var space = column.LastIndexOf(' ');
                var (columnName, type) = (column[..space], column[(space + 1)..]);
                var hasDefault = name == "films" && columnName is "id" or "price";
                return new Column(
                    columnName, null, true, type == "api.color" ? "int" : type, type, null,
                    hasDefault ? columnName == "id" ? "nextval('api.films_id_seq')" : "9.5" : null, []);
            }),
        ]);

    static Routine[] Routines()
    {
        static RoutineParameter Parameter(string name, string type, bool isRequired = true, bool isVariadic = false)
            => new(name, type, type, isRequired, isVariadic);

        static Routine Function(string name, ReturnType returns, params ImmutableArray<RoutineParameter> parameters) => new(
            Api(name), null, parameters, returns, Volatility.Stable, parameters.Any(parameter => parameter.IsVariadic), null, []);

        var number = new ReturnType(new("pg_catalog", "int4"), IsSet: false, IsComposite: false, IsCompositeAlias: false);
        var films = new ReturnType(Api("films"), IsSet: true, IsComposite: true, IsCompositeAlias: false);
        return
        [
            Function("add", number, Parameter("a", "int"), Parameter("b", "int")),
            Function("now", number),
            Function("numbers", number with { IsSet = true }, Parameter("n", "int")),
            Function("join", number, Parameter("words", "text[]", isVariadic: true)),
            Function("films_of", films, Parameter("director", "int")),
            Function("film", films with { IsSet = false }, Parameter("id", "int")),
            Function("document", number, Parameter("", "json")),
            Function("file", number, Parameter("", "bytea")),
        ];
    }

    /// <summary>A statement as it is compared: one space between words, and quotes only around names that need them.</summary>
    /// <param name="Raw">As it is sent.</param>
    internal sealed record Sql(string Text, string Values, string Raw)
    {
        internal Sql(SqlWriter writer) : this(
            Plain(writer.ToString()),
            string.Join(" | ", writer.ToCommand().Parameters.Select(parameter => parameter.Value switch
            {
                string[] texts => $"[{string.Join(", ", texts)}]",
                ReadOnlyMemory<byte> bytes => Encoding.UTF8.GetString(bytes.Span),
                byte[] bytes => Encoding.UTF8.GetString(bytes),
                var value => value?.ToString(),
            })),
            writer.ToString())
        {
        }

        /// <summary>Short names for what all statements say with the same words.</summary>
        internal Sql WithoutCommonWords() => this with
        {
            Text = Text
                .Replace(
                    "nullif(current_setting('response.headers', true), '') AS response_headers, " +
                    "nullif(current_setting('response.status', true), '') AS response_status", "<settings>", StringComparison.Ordinal)
                .Replace("pg_catalog.count(_postgrest_t)", "<page>", StringComparison.Ordinal)
                .Replace("null::int AS response_inserted, null::text[] AS location", "<no write>", StringComparison.Ordinal),
        };

        internal void Is(string expected, string what) => Assert.True(FromLines(expected) == ToString(), $"{what}\n{this}");

        /// <summary>With its values behind it.</summary>
        public override string ToString() => Values.Length == 0 ? Text : $"{Text} -- {Values}";

        /// <summary>The same as tests have it: broken into lines, the values on the last.</summary>
        static string FromLines(string lines)
        {
            var parts = lines.Split("\n-- ");
            return parts is [var sql, var values] ? $"{Plain(sql)} -- {values}" : Plain(lines);
        }

        static string Plain(string sql)
            => AfterBracket().Replace(BeforeBracket().Replace(Spaces().Replace(Quoted().Replace(sql, "$1"), " "), ")"), "(").Trim();
    }

    [GeneratedRegex("\"([a-z_][a-z0-9_]*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@" \)")]
    private static partial Regex BeforeBracket();

    [GeneratedRegex(@"\( ")]
    private static partial Regex AfterBracket();
}
