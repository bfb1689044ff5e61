using System.Collections.Frozen;
using System.Collections.Immutable;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Tests.Rest.Schema;

public sealed class HintsTests
{
    [Theory]
    [InlineData("projectx", "Perhaps you meant the table 'test.projects'")]
    [InlineData("projecxx", "Perhaps you meant the table 'test.projects'")]
    [InlineData("projxxxx", null)]
    [InlineData("secret", null)]
    public void A_missing_table_is_answered_with_the_nearest(string name, string? hint)
    {
        var cache = WithTables([Api("projects", "test"), Api("clients", "test"), Api("secrets", "private")]);

        var error = Hints.NoTable(cache, Api(name, "test"));

        Assert.Equal(
            (404, "PGRST205", $"Could not find the table 'test.{name}' in the schema cache", null, hint),
            (error.Status, error.Code, error.Message, error.Details?.ToString(), error.Hint));
    }

    [Theory]
    [InlineData(499, true)]
    [InlineData(500, false)]
    public void No_table_is_guessed_in_a_large_schema(int tables, bool guessed)
    {
        var cache = WithTables([Api("projects"), .. Enumerable.Range(1, tables - 1).Select(number => Api($"t{number}")), Api("x", "other")]);

        Assert.Equal(guessed, Hints.NoTable(cache, Api("projectx")).Hint is not null);
    }

    [Theory]
    [InlineData("film", "directors", "api", "Perhaps you meant 'films' instead of 'film'.")]
    [InlineData("films", "role", "api", "Perhaps you meant 'roles' instead of 'role'.")]
    [InlineData("films", "actors", "api", null)]
    [InlineData("noclosealternative", "roles", "api", null)]
    [InlineData("films", "noclosealternative", "api", null)]
    [InlineData("films", "noclosealternative", "noclosealternative", null)]
    public void A_missing_relationship_is_answered_with_the_nearest_end(string origin, string target, string schema, string? hint)
    {
        var cache = SchemaCache.Empty with
        {
            Relationships = new Dictionary<(QualifiedName, string), ImmutableArray<Relationship>>
            {
                [(Api("films"), "api")] = [To("directors"), To("roles"), To("actors")],
            }.ToFrozenDictionary(),
        };

        var error = Hints.NoRelationship(cache, origin, target, "space", schema);

        Assert.Equal(
            (400, "PGRST200", $"Could not find a relationship between '{origin}' and '{target}' in the schema cache",
                $"Searched for a foreign key relationship between '{origin}' and '{target}' using the hint 'space' in the schema '{schema}', but no matches were found.",
                hint),
            (error.Status, error.Code, error.Message, error.Details?.ToString(), error.Hint));
    }

    [Theory]
    [InlineData("testt", "val,param,name", "test")]
    [InlineData("other", "", null)] // of another schema
    [InlineData("noclosealternative", "", null)]
    [InlineData("test", "vall,pqaram,nam", "test(name, param, val)")]
    [InlineData("test", "val,param", "test(name, param, val)")]
    [InlineData("test", "id,attrs", "test(attr, id)")]
    [InlineData("test", "id", "test(attr, id)")]
    [InlineData("test", "noclosealternative", null)]
    public void A_missing_function_is_answered_with_the_nearest(string name, string arguments, string? expected)
    {
        var cache = WithRoutines([
            Function(Api("test"), "val", "param", "name"), Function(Api("test"), "id", "attr"),
            Function(Api("another")), Function(Api("other", "private"))]);

        var error = Hints.NoFunction(
            cache, Api(name), arguments.Split(',', StringSplitOptions.RemoveEmptyEntries), MediaType.Json, isPost: false);

        Assert.Equal(expected is null ? null : $"Perhaps you meant to call the function api.{expected}", error.Hint);
    }

    public static TheoryData<string, string, bool, string, string> Calls => new()
    {
        { "", "application/json", false, "api.f without parameters", "api.f without parameters" },
        { "nam", "application/json", false, "api.f(nam)", "api.f with parameter nam" },
        { "b,a,b", "text/plain", false, "api.f(a, b)", "api.f with parameters a, b" },
        { "b,a", "application/json", true, "api.f(a, b)", "api.f with parameters a, b or with a single unnamed json/jsonb parameter" },
        { "", "application/json", true, "api.f without parameters", "api.f without parameters or with a single unnamed json/jsonb parameter" },
        { "b,a", "text/csv", true, "api.f(a, b)", "api.f with parameters a, b" },
        { "", "text/plain", true, "api.f", "api.f with a single unnamed text parameter" },
        { "", "text/xml", true, "api.f", "api.f with a single unnamed xml parameter" },
        { "", "application/octet-stream", true, "api.f", "api.f with a single unnamed bytea parameter" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_missing_function_is_described_as_it_was_called(
        string arguments, string contentType, bool isPost, string call, string searched)
    {
        var error = Hints.NoFunction(
            WithRoutines([Function(Api("g"))]), Api("f"), arguments.Split(',', StringSplitOptions.RemoveEmptyEntries),
            new MediaType.Named(contentType), isPost);

        Assert.Equal(
            (404, "PGRST202", $"Could not find the function {call} in the schema cache",
                $"Searched for the function {searched}, but no matches were found in the schema cache.", null),
            (error.Status, error.Code, error.Message, error.Details?.ToString(), error.Hint));
    }

    [Fact]
    public void A_function_without_names_is_not_guessed_for_a_body_of_text()
    {
        var cache = WithRoutines([Function(Api("unnamed_text_param"), "")]);

        Assert.Null(Hints.NoFunction(cache, Api("unnamed_int_param"), [], MediaType.PlainText, isPost: true).Hint);
        Assert.Equal(
            "Perhaps you meant to call the function api.unnamed_text_param",
            Hints.NoFunction(cache, Api("unnamed_int_param"), ["x", "y"], MediaType.Json, isPost: true).Hint);
    }

    [Fact]
    public void Candidates_of_a_call_are_listed_with_their_types()
    {
        var error = Hints.AmbiguousFunction([Function(Api("f"), "arg"), Function(Api("f"), "arg", "num"), Function(Api("f"), "")]);

        Assert.Equal(
            (300, "PGRST203",
                "Could not choose the best candidate function between: api.f(arg => text), api.f(arg => text, num => text), api.f( => text)",
                "Try renaming the parameters or the function itself in the database so function overloading can be resolved"),
            (error.Status, error.Code, error.Message, error.Hint));
    }

    [Fact]
    public void Candidates_of_an_embed_are_listed_with_their_keys()
    {
        Relationship[] candidates =
        [
            Along(new Cardinality.ManyToOne("main_project_fkey", [new("main_project_id", "id")])),
            Along(new Cardinality.OneToMany("composite_fkey", [new("a", "x"), new("b", "y")])),
            Along(new Cardinality.OneToOne("main_fkey", [new("id", "project_id")], IsParent: true)),
            Along(new Cardinality.ManyToMany(
                Api("jobs"), "jobs_site_id_fkey", "jobs_project_id_fkey", [new("site_id", "s")], [new("project_id", "p1"), new("q", "p2")])),
        ];

        var error = Hints.AmbiguousRelationship("sites", "projects", candidates);

        Assert.Equal(
            (300, "PGRST201", "Could not embed because more than one relationship was found for 'sites' and 'projects'",
                "Try changing 'projects' to one of the following: 'projects!main_project_fkey', 'projects!composite_fkey', " +
                "'projects!main_fkey', 'projects!jobs'. Find the desired relationship in the 'details' key."),
            (error.Status, error.Code, error.Message, error.Hint));
        Assert.Equal(
            """
            [{"cardinality":"many-to-one","embedding":"sites with projects","relationship":"main_project_fkey using sites(main_project_id) and projects(id)"},
            {"cardinality":"one-to-many","embedding":"sites with projects","relationship":"composite_fkey using sites(a, b) and projects(x, y)"},
            {"cardinality":"one-to-one","embedding":"sites with projects","relationship":"main_fkey using sites(id) and projects(project_id)"},
            {"cardinality":"many-to-many","embedding":"sites with projects","relationship":"jobs using jobs_site_id_fkey(s) and jobs_project_id_fkey(p1, p2)"}]
            """.ReplaceLineEndings(""),
            error.Details!.ToJsonString());
    }

    static QualifiedName Api(string name, string schema = "api") => new(schema, name);

    static SchemaCache WithTables(IEnumerable<QualifiedName> names) => SchemaCache.Empty with
    {
        Tables = names.ToFrozenDictionary(name => name, name => new Table(name, null, false, true, true, true, [], [])),
    };

    static SchemaCache WithRoutines(IEnumerable<Routine> routines) => SchemaCache.Empty with
    {
        Routines = routines.GroupBy(routine => routine.Name).ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray()),
    };

    static Routine Function(QualifiedName name, params string[] parameters) => new(
        name, null, [.. parameters.Select(parameter => new RoutineParameter(parameter, "text", "text", true, false))],
        new(new("pg_catalog", "text"), false, false, false), Volatility.Volatile, false, null, []);

    static Relationship.Key To(string table)
        => new(Api("films"), Api(table), false, new Cardinality.ManyToOne($"films_{table}_fkey", [new("id", "id")]), false, false);

    static Relationship.Key Along(Cardinality cardinality) => new(Api("sites"), Api("projects"), false, cardinality, false, false);
}
