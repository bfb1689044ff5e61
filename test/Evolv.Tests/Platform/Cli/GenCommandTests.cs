using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Cli;

public sealed class GenCommandTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Types_of_a_foreign_database_are_printed_schema_by_schema()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await database.ExecuteAsync(
            """
            create schema api;
            create schema "my-types";
            create type "my-types".color as enum ('red', 'blue');
            create table public.hidden (id int primary key);
            create table api.things (id int primary key, color "my-types".color not null, hidden_id int references public.hidden);
            """);
        var url = database.Connections.OwnerUrl;

        var (code, types, error) = await EvolvProcess.RunAsync(
            ["gen", "types", "typescript", "--local", "--schema", "api,my-types"], ("PGRST_DB_URI", url), ("EVOLV__MIGRATE", "false"));

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("// The schemas api, my-types of Evolv", types, StringComparison.Ordinal);
        Assert.Contains(
            """
              api: {
                Tables: {
                  things: {
                    Row: {
                      color: Database["my-types"]["Enums"]["color"]
                      hidden_id: number | null
                      id: number
                    }
            """, types, StringComparison.Ordinal);
        Assert.Contains("  \"my-types\": {\n    Tables: {\n      [_ in never]: never\n    }\n", types, StringComparison.Ordinal);
        Assert.Contains("      color: \"red\" | \"blue\"\n", types, StringComparison.Ordinal);
        Assert.Contains("Schemas[\"api\"]", types, StringComparison.Ordinal);
        Assert.DoesNotContain("\"public\"", types, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden_id_fkey", types, StringComparison.Ordinal);

        (code, types, error) = await EvolvProcess.RunAsync(["gen", "types", "--lang", "typescript", "--db-url", url]);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("  public: {\n    Tables: {\n      hidden: {", types, StringComparison.Ordinal);

        (code, types, error) = await EvolvProcess.RunAsync(["gen", "types", "--db-url", url, "-s", "api,nothing"]);
        Assert.Equal((1, "", "evolv: The database has no schema nothing; name others with --schema.\n"), (code, types, error));
    }
}
