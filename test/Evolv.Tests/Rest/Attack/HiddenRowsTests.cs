using Evolv.Tests.Rest.Token;
using Evolv.Tests.Support;

namespace Evolv.Tests.Rest.Attack;

/// <summary>The world of <c>hidden.sql</c>: Ada has two secrets, Bob one, and whoever has no token none.</summary>
public sealed class HiddenWorld(EvolvCluster cluster) : IAsyncLifetime
{
    RestServer? _server;

    internal RestServer Server => _server!;

    internal static string Ada { get; } = As("00000000-0000-0000-0000-00000000000a");

    internal static string Bob { get; } = As("00000000-0000-0000-0000-00000000000b");

    public async ValueTask InitializeAsync()
        => _server = await RestServer.StartAsync(
            cluster, "Attack/hidden.sql", ("DbAggregatesEnabled", "true"), ("DbTxEnd", "commit-allow-override"), ("JwtSecret", Tokens.Secret));

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    static string As(string id) => $"Authorization: Bearer {Tokens.Hs256($$"""{"role":"authenticated","sub":"{{id}}"}""")}";
}

/// <summary>What one person asks about another's rows: the answers are those of a database in which these rows are not.</summary>
public sealed class HiddenRowsTests(HiddenWorld world) : IClassFixture<HiddenWorld>
{
    const string Nobody = "X-Nobody: true";

    [Theory]
    [InlineData("content=eq.the%20moon%20is%20mine")]
    [InlineData("content=like.*moon*")]
    [InlineData("content=ilike.*MOON*")]
    [InlineData("content=match.%5Ethe")]
    [InlineData("content=fts.moon")]
    [InlineData("content=neq.42")]
    [InlineData("content=gt.5")]
    [InlineData("content=in.(%22the%20moon%20is%20mine%22)")]
    [InlineData("content=isdistinct.42")]
    [InlineData("content=not.is.null&id=lt.3")]
    [InlineData("id=eq.1")]
    [InlineData("or=(id.eq.1,code.eq.ada-2)")]
    [InlineData("not.and=(id.eq.3,id.eq.3)")]
    [InlineData("inverse=gt.-5&id=lt.3")] // Of Ada's second secret it is a division by zero.
    [InlineData("order=content&id=lt.3")]
    [InlineData("order=inverse.desc&id=lt.3")]
    public async Task No_filter_finds_or_counts_a_hidden_row(string query)
    {
        foreach (var who in (string[])[HiddenWorld.Bob, Nobody])
        {
            (await world.Server.SendAsync($"GET /secrets?select=id&{query}", null as string, who, "Prefer: count=exact")).Is(200, "[]").Has("Content-Range", "*/0");
            (await world.Server.SendAsync($"HEAD /secrets?select=id&{query}", null as string, who, "Prefer: count=estimated")).IsEmpty(200).Has("Content-Range", "*/0");
        }
    }

    [Fact]
    public async Task The_owner_finds_them_so_that_the_others_show_something()
    {
        (await world.Server.SendAsync("GET /secrets?select=id&content=like.*moon*", null as string, HiddenWorld.Ada, "Prefer: count=exact"))
            .Is(200, """[{"id":1}]""").Has("Content-Range", "0-0/1");
        (await world.Server.SendAsync("GET /secrets?select=id&inverse=gt.-5", null as string, HiddenWorld.Ada))
            .Is(400, """{"code":"22012","details":null,"hint":null,"message":"division by zero"}""");
        (await world.Server.SendAsync("GET /secrets?select=content::int", null as string, HiddenWorld.Bob)).Is(200, """[{"content":42}]""");
    }

    [Theory]
    [InlineData("/boxes?select=id,secrets(id)", """[{"id":1,"secrets":[]},{"id":2,"secrets":[{"id":3}]},{"id":3,"secrets":[]}]""")]
    [InlineData("/boxes?select=id,secrets!inner(id)", """[{"id":2,"secrets":[{"id":3}]}]""")]
    [InlineData("/boxes?select=id,secrets()&secrets=not.is.null", """[{"id":2}]""")]
    [InlineData("/boxes?select=id,secrets()&secrets=is.null", """[{"id":1},{"id":3}]""")]
    [InlineData("/boxes?select=id,secrets!inner()&secrets.content=like.*moon*", "[]")]
    [InlineData("/boxes?select=id,...secrets(code)", """[{"id":1,"code":[]},{"id":2,"code":["bob-1"]},{"id":3,"code":[]}]""")]
    [InlineData("/boxes?select=id,secrets_in(id)", """[{"id":1,"secrets_in":[]},{"id":2,"secrets_in":[{"id":3}]},{"id":3,"secrets_in":[]}]""")]
    [InlineData("/boxes?select=id,secrets(count())", """[{"id":1,"secrets":[{"count":0}]},{"id":2,"secrets":[{"count":1}]},{"id":3,"secrets":[{"count":0}]}]""")]
    [InlineData("/secrets?select=count(),rating.sum(),rating.min(),rating.max(),rating.avg()", """[{"count":1,"sum":20,"min":20,"max":20,"avg":20.0000000000000000}]""")]
    [InlineData("/secrets?select=code,boxes(id,secrets(code))", """[{"code":"bob-1","boxes":{"id":2,"secrets":[{"code":"bob-1"}]}}]""")]
    [InlineData("/secret_codes?select=code", """[{"code":"bob-1"}]""")]
    [InlineData("/rpc/find_secrets?word=%25&select=id,boxes(label)", """[{"id":3,"boxes":{"label":"mixed"}}]""")]
    [InlineData("/letters?select=id,secrets!inner(content)", "[]")]
    public async Task No_embed_spread_aggregate_or_function_shows_a_hidden_row(string target, string rows)
        => (await world.Server.SendAsync($"GET {target}", null as string, HiddenWorld.Bob)).Is(200, rows);

    [Fact]
    public async Task A_hidden_row_is_not_changed_or_deleted()
    {
        (await world.Server.SendAsync("PATCH /secrets?id=eq.1", """{"content":"stolen"}""", HiddenWorld.Bob, "Prefer: return=representation, count=exact"))
            .Is(200, "[]").Has("Content-Range", "*/0");
        (await world.Server.SendAsync("DELETE /secrets?id=lt.3", null as string, HiddenWorld.Bob, "Prefer: return=representation, count=exact"))
            .Is(200, "[]").Has("Content-Range", "*/0");
        (await world.Server.SendAsync("PATCH /secrets?id=eq.3", """{"owner":"00000000-0000-0000-0000-00000000000a"}""", HiddenWorld.Bob))
            .Is(403, """{"code":"42501","details":null,"hint":null,"message":"new row violates row-level security policy for table \"secrets\""}""");

        Assert.Equal("the moon is mine,not a number", await world.Server.Database.ScalarAsync<string>(
            "select string_agg(content, ',' order by id) from api.secrets where owner::text like '%a'"));
    }

    // That a key is taken, PostgreSQL tells whoever may insert, as it does behind PostgREST; what is there, it tells nobody.
    [Theory]
    [InlineData("/secrets", "resolution=merge-duplicates, return=representation", 403, "42501", "new row violates row-level security policy (USING expression) for table \\\"secrets\\\"")]
    [InlineData("/secrets?on_conflict=code", "resolution=merge-duplicates", 403, "42501", "new row violates row-level security policy (USING expression) for table \\\"secrets\\\"")]
    [InlineData("/secrets", "return=representation", 409, "23505", "duplicate key value violates unique constraint \\\"secrets_pkey\\\"")]
    public async Task An_upsert_on_a_hidden_row_is_refused_without_a_word_of_it(string target, string prefer, int status, string code, string message)
        => (await world.Server.SendAsync(
                $"POST {target}", """{"id":1,"owner":"00000000-0000-0000-0000-00000000000b","code":"ada-1","content":"mine","rating":1}""",
                HiddenWorld.Bob, $"Prefer: {prefer}"))
            .Is(status, $$"""{"code":"{{code}}","details":null,"hint":null,"message":"{{message}}"}""");

    [Fact]
    public async Task A_duplicate_that_is_ignored_comes_back_as_nothing()
        => (await world.Server.SendAsync(
                "POST /secrets", """{"id":1,"owner":"00000000-0000-0000-0000-00000000000b","code":"ada-1","content":"mine","rating":1}""",
                HiddenWorld.Bob, "Prefer: resolution=ignore-duplicates, return=representation"))
            .Is(201, "[]");

    [Theory]
    [InlineData("POST /letters", """{"secret":99}""", 409, "23503", "insert or update on table \\\"letters\\\" violates foreign key constraint \\\"letters_secret_fkey\\\"")]
    [InlineData("DELETE /boxes?id=eq.1", null, 409, "23503", "update or delete on table \\\"boxes\\\" violates foreign key constraint \\\"secrets_box_fkey\\\" on table \\\"secrets\\\"")]
    [InlineData("PATCH /secrets?id=eq.3", """{"rating":-1}""", 400, "23514", "new row for relation \\\"secrets\\\" violates check constraint \\\"secrets_rating_check\\\"")]
    [InlineData("PATCH /secrets?id=eq.3", """{"code":null}""", 400, "23502", "null value in column \\\"code\\\" of relation \\\"secrets\\\" violates not-null constraint")]
    [InlineData("PATCH /secrets?id=eq.3", """{"code":"ada-1"}""", 409, "23505", "duplicate key value violates unique constraint \\\"secrets_code_key\\\"")]
    public async Task The_details_of_a_refusal_hold_no_values_of_a_table_with_hidden_rows(string line, string? body, int status, string code, string message)
    {
        var answer = await world.Server.SendAsync(line, body, HiddenWorld.Bob);

        Assert.Equal(status, answer.Status);
        Assert.Contains($"\"code\":\"{code}\"", answer.Body, StringComparison.Ordinal);
        Assert.Contains($"\"message\":\"{message}\"", answer.Body, StringComparison.Ordinal);
        foreach (var value in (string[])["moon", "ada-2", "not a number", "-00000000000a", "Failing row"])
            Assert.DoesNotContain(value, answer.Body, StringComparison.Ordinal);
    }

    // The planner guesses from statistics of the whole table, and so does PostgREST's count=planned: what a hidden row holds
    // now, they do not know.
    [Theory]
    [InlineData("")]
    [InlineData("&content=eq.the%20moon%20is%20mine")]
    [InlineData("&content=like.*moon*")]
    [InlineData("&rating=gt.15")]
    public async Task A_planned_count_does_not_change_with_a_hidden_value(string filter)
    {
        async Task<string?> CountAsync()
            => (await world.Server.SendAsync($"HEAD /secrets?select=id{filter}", null as string, HiddenWorld.Bob, "Prefer: count=planned")).Header("Content-Range");

        var before = await CountAsync();
        await world.Server.Database.ExecuteAsync("update api.secrets set content = 'the sun', rating = 99 where id = 1");
        var after = await CountAsync();
        await world.Server.Database.ExecuteAsync("update api.secrets set content = 'the moon is mine', rating = 10 where id = 1");

        Assert.Equal(before, after);
        Assert.NotNull(before);
    }

    [Theory]
    [InlineData("application/vnd.pgrst.plan+json; options=analyze")]
    [InlineData("application/vnd.pgrst.plan")]
    public async Task Plans_tell_of_hidden_rows_and_are_off_by_default(string accept)
    {
        var answer = await world.Server.SendAsync("GET /secrets", null as string, HiddenWorld.Bob, $"Accept: {accept}");

        Assert.Equal(406, answer.Status);
        Assert.Contains("PGRST107", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_openapi_document_lists_what_the_caller_may_use_and_no_rows()
    {
        var answer = await world.Server.SendAsync("GET /", null as string, HiddenWorld.Bob);

        Assert.Equal(200, answer.Status);
        Assert.Contains("/secrets", answer.Body, StringComparison.Ordinal);
        foreach (var word in (string[])["staff_only", "salary", "moon", "ada-1"])
            Assert.DoesNotContain(word, answer.Body, StringComparison.Ordinal);
    }
}
