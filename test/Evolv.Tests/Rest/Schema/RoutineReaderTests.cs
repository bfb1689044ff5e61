using Evolv.Rest;
using Evolv.Rest.Schema;

namespace Evolv.Tests.Rest.Schema;

public sealed class RoutineReaderTests(SchemaWorld world) : IClassFixture<SchemaWorld>
{
    [Fact]
    public void Only_what_can_be_called_is_known()
        => Assert.Equal(
            [
                "alias", "anything", "columns_of", "kinds", "logo", "logos", "many", "outs", "over", "rows_of", "scalars", "settings",
                "unnamed_json",
            ],
            world.Schema.Routines.Keys.Select(name => name.Name).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("many", "list text[] text[] variadic")]
    [InlineData("kinds",
        "b bit bit varying required, c character character varying required, bs bit[] bit varying[] required, " +
        "cs character[] character varying[] required, v character varying character varying required, d api.mood api.mood")]
    [InlineData("outs", "a integer integer required, y text text")]
    [InlineData("columns_of", "")]
    [InlineData("unnamed_json", " json json required")]
    public void Parameters_are_the_inputs(string name, string expected)
        => Assert.Equal(expected, string.Join(", ", Only(name).Parameters.Select(Describe)));

    [Theory]
    [InlineData("many", "pg_catalog.text scalar")]
    [InlineData("kinds", "pg_catalog.void scalar")]
    [InlineData("outs", "pg_catalog.record composite")]
    [InlineData("rows_of", "api.clients set composite")]
    [InlineData("columns_of", "pg_catalog.record set composite")]
    [InlineData("alias", "api.pair composite alias")]
    [InlineData("scalars", "pg_catalog.varchar set scalar alias")]
    public void What_it_returns_is_told_below_all_domains(string name, string expected)
    {
        var returns = Only(name).Returns;

        Assert.Equal(
            expected,
            $"{returns.Type}{(returns.IsSet ? " set" : "")} {(returns.IsComposite ? "composite" : "scalar")}{(returns.IsCompositeAlias ? " alias" : "")}");
    }

    [Fact]
    public void Overloads_with_fewer_parameters_come_first_and_then_by_type()
        => Assert.Equal(
            ["", "a bigint bigint required", "a integer integer required", "a integer integer required, b text text required"],
            world.Schema.RoutinesNamed(new("api", "over")).Select(routine => string.Join(", ", routine.Parameters.Select(Describe))));

    [Fact]
    public void The_rest_of_a_function_is_known()
    {
        Assert.Equal("The least.", world.Schema.RoutinesNamed(new("api", "over"))[0].Description);
        Assert.Equal((Volatility.Immutable, true), (Only("many").Volatility, Only("many").HasVariadic));
        Assert.Equal((Volatility.Stable, false), (Only("rows_of").Volatility, Only("rows_of").HasVariadic));
        Assert.Equal(Volatility.Volatile, Only("columns_of").Volatility);
    }

    [Fact]
    public async Task Settings_are_hoisted_by_name()
    {
        var settings = Only("settings");
        var withMore = await world.LoadAsync(new RestOptions { DbSchemas = "api", DbHoistedTxSettings = "Work_Mem, statement" });

        Assert.Equal("serializable", settings.IsolationLevel);
        Assert.Equal(
            ["default_transaction_isolation=SERIALIZABLE", "statement_timeout=10s"],
            settings.Settings.Select(setting => $"{setting.Key}={setting.Value}"));
        Assert.Equal(["work_mem"], withMore.RoutinesNamed(new("api", "settings"))[0].Settings.Select(setting => setting.Key));
        Assert.Null(Only("many").IsolationLevel);
    }

    Routine Only(string name) => Assert.Single(world.Schema.RoutinesNamed(new("api", name)));

    static string Describe(RoutineParameter parameter)
        => $"{parameter.Name} {parameter.Type} {parameter.TypeMaxLength}{(parameter.IsRequired ? " required" : "")}{(parameter.IsVariadic ? " variadic" : "")}";
}
