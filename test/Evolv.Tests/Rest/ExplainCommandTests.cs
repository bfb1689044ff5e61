using Evolv.Tests.Support;

namespace Evolv.Tests.Rest;

/// <summary>./evolv explain, on a database of somebody else's and on a running Evolv.</summary>
public sealed class ExplainCommandTests(EvolvCluster cluster)
{
    const string Schema =
        """
        create schema api;
        create table api.shelves (id int primary key, name text not null);
        create table api.books (id int primary key, title text not null, shelf_id int references api.shelves (id));
        insert into api.shelves values (1, 'left');
        insert into api.books values (1, 'Emma', 1);
        """;

    [Fact]
    public async Task Request_plan_and_sql_are_printed_without_running_them()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await database.ExecuteAsync(Schema);

        var (code, output, error) = await ExplainAsync(
            database, "http://127.0.0.1:1/rest/v1/books?select=title,shelves(name)&title=like.E*&order=id&limit=5", "-H", "X-Hello: world");

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            """
            == Request
            Action: Read {Table: api.books}
            Method: GET
            Path: /books
            Schema: api
            Query:
              Ranges: [{Value: {Offset: 0, Last: 4}}]
              Orders: [{Value: [{Field: {Name: id}}]}]
              Select: [Column {Field: {Name: title}}, Embed {Name: shelves, Items: [Column {Field: {Name: name}}]}]
              Filters: [{Value: {Field: {Name: title}, Operation: Quantifiable {Operator: Like, Value: E*}}}]
              FilterNames: [title]
              Parameters: [select=title,shelves(name), title=like.E*, order=id, limit=5]
            TopRange: {Offset: 0, Last: 4}
            Accept: [*/*]
            ContentType: application/json
            """, Section(output, "Request"));
        Assert.Contains(
            """
              Embeds:
                - Name: shelves
                  Depth: 1
                  From: api.shelves
                  FromAlias: shelves_1
            """, Section(output, "Plan"), StringComparison.Ordinal);
        Assert.Contains(
            "Cardinality: ManyToOne {Name: books_shelf_id_fkey, Columns: [{Column: shelf_id, ForeignColumn: id}]}", Section(output, "Plan"),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "== Session\ntransaction: read only\nsearch_path = \"api\", \"public\"\nrole = reader\nrequest.jwt.claims = {\"role\":\"reader\"}\n" +
            "request.method = GET\nrequest.path = /books\nrequest.headers = {\"x-hello\":\"world\"}\n",
            Section(output, "Session"), StringComparison.Ordinal);
        Assert.Contains("\"api\".\"books\".\"title\" like $1", Section(output, "SQL"), StringComparison.Ordinal);
        Assert.EndsWith("\n$1 = 'E%'", Section(output, "SQL"), StringComparison.Ordinal);
        Assert.DoesNotContain("== EXPLAIN", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Analyze_runs_as_the_role_and_leaves_nothing_behind()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        var owner = database.Connections.Owner.Username!;
        await database.ExecuteAsync(Schema);

        var (code, output, error) = await ExplainAsync(
            database, "/books", "--method", "post", "--body", """[{"id":2,"title":"it's"}]""", "--role", owner, "--analyze");
        var refused = await ExplainAsync(database, "/books?id=eq.1", "-X", "DELETE", "--role", "nobody_at_all", "--analyze");

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("== Session\ntransaction: read write\n", Section(output, "Session"), StringComparison.Ordinal);
        Assert.EndsWith("\n$1 = '[{\"id\":2,\"title\":\"it''s\"}]'::json", Section(output, "SQL"), StringComparison.Ordinal);
        Assert.Matches(@"Insert on books .*actual time=", Section(output, "EXPLAIN"));
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from api.books"));
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal("evolv: PostgreSQL: 22023: role \"nobody_at_all\" does not exist\n", refused.Error);
    }

    [Fact]
    public async Task What_the_server_would_refuse_is_said_on_one_line()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await database.ExecuteAsync(Schema);

        var table = await ExplainAsync(database, "/book");
        var header = await ExplainAsync(database, "/books", "-H", "nonsense");

        Assert.Equal(
            (1, "evolv: /rest/v1 answers 404 PGRST205: Could not find the table 'api.book' in the schema cache Hint: Perhaps you meant the table 'api.books'\n"),
            (table.ExitCode, table.Error));
        Assert.Equal((1, "evolv: --header 'nonsense' has no name; write it as 'Name: value'.\n"), (header.ExitCode, header.Error));
    }

    [Fact]
    public async Task Person_of_a_running_Evolv_asks_under_row_level_security()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var owner = ("EVOLV__DATABASE__CONNECTIONSTRING", server.Database.Connections.OwnerUrl);

        var (code, output, error) = await EvolvProcess.RunAsync(
            ["explain", "user_settings?select=locale", "--as", "ada@example.com", "--analyze"], owner);
        var nobody = await EvolvProcess.RunAsync(["explain", "/posts", "--as", "nobody@example.com"], owner);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains($"role = authenticated\nrequest.jwt.claims = {{\"sub\":\"{ada.Id}\",\"role\":\"authenticated\"}}\n", Section(output, "Session"), StringComparison.Ordinal);
        Assert.Matches(@"on user_settings .*rows=1\.00 ", Section(output, "EXPLAIN"));
        Assert.Equal((1, "evolv: Nobody has the address nobody@example.com; sign up first, or leave --as out.\n"), (nobody.ExitCode, nobody.Error));
    }

    static Task<(int ExitCode, string Output, string Error)> ExplainAsync(TestDatabase database, params string[] arguments)
        => EvolvProcess.RunAsync(
            ["explain", .. arguments], ("PGRST_DB_URI", database.Connections.OwnerUrl), ("EVOLV__MIGRATE", "false"),
            ("PGRST_DB_SCHEMAS", "api"), ("PGRST_DB_ANON_ROLE", "reader"));

    // From its title to the next.
    static string Section(string output, string title)
    {
        var start = output.IndexOf($"== {title}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, output);
        var end = output.IndexOf("\n== ", start + 1, StringComparison.Ordinal);
        return (end < 0 ? output[start..] : output[start..end]).TrimEnd('\n');
    }
}
