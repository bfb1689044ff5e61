using Evolv.Rest;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Tests.Rest.Schema;

public sealed class SchemaLoaderTests(SchemaWorld world) : IClassFixture<SchemaWorld>
{
    [Fact]
    public void Only_what_is_exposed_is_known()
    {
        Assert.Equal(
            [
                "api.clients", "api.clients_through_hidden", "api.clients_view", "api.columns", "api.columns_joined", "api.columns_shown",
                "api.columns_simple", "api.columns_triggered", "api.details_materialized", "api.events", "api.members",
                "api.members_view", "api.project_details", "api.projects", "api.projects_view", "api.projects_view_view", "api.trips",
                "api.trips_part", "api.trips_view", "api.users", "api.visits", "api2.places",
            ],
            world.Schema.Tables.Keys.Select(name => name.ToString()).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(world.Schema.Routines.Keys, name => name.Schema == "hidden");
    }

    [Theory]
    [InlineData("zulu", "", "not null", "integer", "integer", null, "nextval('api.columns_zulu_seq')", "")]
    [InlineData("alpha", "", "not null", "bigint", "bigint", null, null, "")]
    [InlineData("code", "What it is called.", "not null", "character varying", "character varying(20)", 20, null, "")]
    [InlineData("fixed", "", "null", "character", "character(4)", 4, null, "")]
    [InlineData("price", "", "null", "numeric", "numeric(10,2)", null, "9.5", "")]
    [InlineData("name", "", "null", "character varying", "api.short_name", 12, "'nobody'::character varying", "")]
    [InlineData("nick", "", "not null", "character varying", "api.shorter_name", null, "'nobody'::character varying", "")]
    [InlineData("mood", "", "null", "api.mood", "api.mood", null, null, "good|so-so|bad")]
    [InlineData("known", "", "null", "api.known_mood", "api.known_mood", null, "'good'::api.mood", "good|so-so|bad")]
    [InlineData("moods", "", "null", "api.mood[]", "api.mood[]", null, null, "")]
    [InlineData("pair", "", "null", "api.pair", "api.pair", null, null, "")]
    [InlineData("code_length", "", "null", "integer", "integer", null, null, "")]
    [InlineData("code_double", "", "null", "text", "text", null, null, "")]
    [InlineData("Odd \"Name", "", "null", "timestamp with time zone", "timestamp with time zone", null, "now()", "")]
    public void A_column_is_known(
        string name, string description, string nullable, string type, string nominalType, int? maxLength, string? @default, string labels)
    {
        var column = world.Table("columns").FindColumn(name)!;

        Assert.Equal(
            (description, nullable == "null", type, nominalType, maxLength, @default, labels),
            (column.Description ?? "", column.IsNullable, column.Type, column.NominalType, column.MaxLength, column.Default,
                string.Join('|', column.Enum)));
    }

    [Fact]
    public void Columns_stand_in_the_order_of_the_table()
    {
        var columns = world.Table("columns");

        Assert.Equal(
            [
                "zulu", "alpha", "code", "fixed", "price", "name", "nick", "mood", "known", "moods", "pair", "code_length", "Odd \"Name",
                "code_double",
            ],
            columns.Columns.Select(column => column.Name));
        Assert.Equal("All kinds.", columns.Description);
    }

    [Theory]
    [InlineData("columns", "alpha zulu")]
    [InlineData("events", "day id")]
    [InlineData("columns_simple", "zulu alpha")]
    [InlineData("columns_shown", "")]
    [InlineData("projects_view", "project")]
    [InlineData("projects_view_view", "id")]
    [InlineData("clients_view", "number")]
    [InlineData("clients_through_hidden", "")]
    [InlineData("details_materialized", "project_id")]
    public void A_primary_key_is_sorted_by_name_and_one_of_a_view_by_the_key(string table, string columns)
        => Assert.Equal(columns, string.Join(' ', world.Table(table).PrimaryKey));

    [Theory]
    [InlineData("columns", false, "insert update delete")]
    [InlineData("events", false, "insert update delete")]
    [InlineData("columns_simple", true, "insert update delete")]
    [InlineData("columns_joined", true, "")]
    [InlineData("columns_shown", true, "")]
    [InlineData("columns_triggered", true, "insert")]
    public void What_can_be_written_is_known(string name, bool isView, string events)
    {
        var table = world.Table(name);

        var can = new[] { (table.Insertable, "insert"), (table.Updatable, "update"), (table.Deletable, "delete") };
        Assert.Equal((isView, events), (table.IsView, string.Join(' ', can.Where(pair => pair.Item1).Select(pair => pair.Item2))));
    }

    [Fact]
    public void Representations_are_implicit_casts_of_domains_to_and_from_json_and_text()
        => Assert.Equal(
            [
                new DataRepresentation("hidden.color", "json", "hidden.color_to_json"),
                new DataRepresentation("text", "hidden.color", "hidden.color_from_text"),
            ],
            world.Schema.Representations.Values.OrderBy(cast => cast.SourceType, StringComparer.Ordinal));

    [Fact]
    public void Media_types_are_made_by_what_the_database_brings_or_else_built_in()
    {
        static QualifiedName Api(string name) => new("api", name);

        Assert.Equal(
            new Dictionary<MediaHandlerKey, ResolvedHandler>
            {
                [new(null, MediaType.Any)] = new(new MediaHandler.Json(), MediaType.Json),
                [new(null, MediaType.Json)] = new(new MediaHandler.Json(), MediaType.Json),
                [new(null, MediaType.GeoJson)] = new(new MediaHandler.GeoJson(), MediaType.GeoJson),
                [new(null, MediaType.Csv)] = new(new MediaHandler.Custom(Api("csv_agg"), null), MediaType.Csv),
                [new(Api("clients"), new MediaType.Other("application/vnd.rows"))]
                    = new(new MediaHandler.Custom(Api("clients_agg"), Api("clients")), new MediaType.Other("Application/vnd.Rows")),
                [new(Api("logo"), new MediaType.Other("image/png"))]
                    = new(new MediaHandler.Custom(Api("image/png"), Api("logo")), new MediaType.Other("image/png")),
                [new(Api("anything"), MediaType.Any)] = new(new MediaHandler.Custom(Api("*/*"), Api("anything")), MediaType.OctetStream),
            },
            world.Schema.MediaHandlers.ToDictionary());
    }

    [Fact]
    public void Time_zones_are_known()
        => Assert.Superset(new HashSet<string> { "Europe/Berlin", "UTC", "America/Los_Angeles" }, world.Schema.TimezoneNames.ToHashSet());

    [Fact]
    public async Task A_login_without_rights_reads_the_catalog_of_one_schema_alone()
    {
        var schema = await world.LoadAsync(new RestOptions { DbSchemas = "api2" });

        Assert.Equal([new("api2", "places")], schema.Tables.Keys);
        Assert.All(schema.Relationships.Values, relationships => Assert.Empty(relationships));
        Assert.Empty(schema.Routines);
    }
}
