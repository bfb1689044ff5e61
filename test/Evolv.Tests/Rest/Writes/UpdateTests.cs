using static Evolv.Tests.Rest.Writes.WritesServer;

namespace Evolv.Tests.Rest.Writes;

public sealed class UpdateTests(WritesServer server) : IClassFixture<WritesServer>
{
    RestServer Api => server.Api;

    [Fact]
    public async Task Rows_that_fit_are_changed()
    {
        var answer = await Api.SendAsync("PATCH /tallies?name=eq.green", """{"amount":20}""");

        answer.IsEmpty(204).Has("Content-Range", "0-0/*").Has("Content-Type", null).Has("Content-Length", null).Has("Preference-Applied", null);
        (await Api.SendAsync("GET /tallies?name=eq.green")).Is(200, """[{"name":"green","amount":20}]""");
    }

    [Fact]
    public async Task Rows_come_back_if_so_preferred()
        => (await Api.SendAsync("PATCH /tallies?name=in.(red,blue)&order=name", """{"amount":5}""", TrialRows, "Prefer: count=exact"))
            .Is(200, """[{"name":"blue","amount":5},{"name":"red","amount":5}]""")
            .Has("Content-Range", "0-1/2").Has("Preference-Applied", "return=representation, count=exact, tx=rollback");

    [Fact]
    public async Task Without_filters_all_rows_are_changed()
        => (await Api.SendAsync("PATCH /tallies", """{"amount":0}""", Trial)).IsEmpty(204).Has("Content-Range", "0-2/*");

    [Theory]
    [InlineData("Prefer: return=minimal")]
    [InlineData("Prefer: return=headers-only")]
    public async Task Without_rows_there_is_no_content(string prefer)
        => (await Api.SendAsync("PATCH /tallies?name=eq.red", """{"amount":5}""", prefer, Trial))
            .IsEmpty(204).Has("Preference-Applied", $"{prefer[8..]}, tx=rollback").Has("Location", null);

    [Fact]
    public async Task Nothing_to_change_is_well()
    {
        (await Api.SendAsync("PATCH /tallies?name=eq.none", """{"amount":0}""")).IsEmpty(204).Has("Content-Range", "*/*");
        (await Api.SendAsync("PATCH /tallies?name=eq.none", """{"amount":0}""", TrialRows, "Prefer: count=exact"))
            .Is(200, "[]").Has("Content-Range", "*/0");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    public async Task Without_columns_nothing_is_changed(string body)
    {
        (await Api.SendAsync("PATCH /tallies", body)).IsEmpty(204).Has("Content-Range", "*/*");
        (await Api.SendAsync("PATCH /tallies", body, "Prefer: return=representation")).Is(200, "[]").Has("Content-Range", "*/*");
    }

    [Fact]
    public async Task Named_columns_are_all_that_is_changed()
        => (await Api.SendAsync("PATCH /loans?book=eq.Dune&reader=eq.ada&columns=days,note", """{"days":1,"book":"x","y":2}""", TrialRows))
            .Is(200, """[{"book":"Dune","reader":"ada","days":1,"note":null}]""");

    [Fact]
    public async Task Named_columns_may_have_their_defaults()
        => (await Api.SendAsync("PATCH /loans?book=eq.Dune&reader=eq.ada&columns=days,note", """{"note":"back"}""", TrialRows, "Prefer: missing=default"))
            .Is(200, """[{"book":"Dune","reader":"ada","days":14,"note":"back"}]""")
            .Has("Preference-Applied", "missing=default, return=representation, tx=rollback");

    [Fact]
    public async Task Keys_can_be_changed()
        => (await Api.SendAsync("PATCH /tallies?name=eq.red", """{"name":"pink"}""", TrialRows)).Is(200, """[{"name":"pink","amount":1}]""");

    [Fact]
    public async Task Filters_hold_for_the_rows_as_they_were()
        => (await Api.SendAsync("PATCH /tallies?amount=eq.1&select=amount", """{"amount":2}""", TrialRows)).Is(200, """[{"amount":2}]""");

    [Fact]
    public async Task Logic_and_JSON_paths_filter_as_well()
        => (await Api.SendAsync("PATCH /tallies?or=(name.eq.red,and(amount.eq.3,name.like.bl*))&order=name", """{"amount":9}""", TrialRows))
            .Is(200, """[{"name":"blue","amount":9},{"name":"red","amount":9}]""");

    [Fact]
    public async Task Rows_that_come_back_can_embed()
        => (await Api.SendAsync("PATCH /books?id=eq.1&select=title,shelf:shelves(name)", """{"shelf_id":2}""", TrialRows))
            .Is(200, """[{"title":"Dune","shelf":{"name":"Atlases"}}]""");

    // As PostgREST does, neither above nor below.
    [Fact]
    public async Task Limits_do_not_hold_for_what_comes_back()
        => (await Api.SendAsync("PATCH /shelves?id=eq.1&select=name,books(title)&books.order=title&books.limit=1", """{"name":"Fiction"}""", TrialRows))
            .Is(200, """[{"name":"Fiction","books":[{"title":"Dune"},{"title":"Emma"}]}]""");

    [Fact]
    public async Task A_single_row_comes_back_as_an_object()
        => (await Api.SendAsync("PATCH /tallies?name=eq.red", """{"amount":2}""", TrialRows, Singular)).Is(200, """{"name":"red","amount":2}""");

    [Theory]
    [InlineData("name=in.(red,blue)", 2, "return=minimal")]
    [InlineData("name=in.(red,blue)", 2, "return=representation")]
    [InlineData("name=eq.none", 0, "return=representation")]
    public async Task What_is_not_one_row_is_not_changed(string filter, int rows, string prefer)
    {
        (await Api.SendAsync($"PATCH /tallies?{filter}", """{"amount":77}""", $"Prefer: {prefer}", Singular))
            .Fails(406, "PGRST116", "Cannot coerce the result to a single JSON object", $"The result contains {rows} rows");

        (await Api.SendAsync("GET /tallies?amount=eq.77")).Is(200, "[]");
    }

    [Fact]
    public async Task More_rows_than_may_be_affected_are_left_alone()
    {
        (await Api.SendAsync("PATCH /tallies?name=in.(red,blue)", """{"amount":77}""", "Prefer: handling=strict, max-affected=1"))
            .Fails(400, "PGRST124", "Query result exceeds max-affected preference constraint", "The query affects 2 rows");

        (await Api.SendAsync("GET /tallies?amount=eq.77")).Is(200, "[]");
    }

    [Fact]
    public async Task As_many_rows_as_may_be_affected_are_changed()
        => (await Api.SendAsync("PATCH /tallies?name=in.(red,blue)", """{"amount":77}""", "Prefer: handling=strict, max-affected=2", Trial))
            .IsEmpty(204).Has("Preference-Applied", "tx=rollback, handling=strict, max-affected=2");

    [Fact]
    public async Task A_limit_of_rows_holds_only_when_strict()
        => (await Api.SendAsync("PATCH /tallies?name=in.(red,blue)", """{"amount":77}""", "Prefer: handling=lenient, max-affected=1", Trial))
            .IsEmpty(204).Has("Preference-Applied", "tx=rollback, handling=lenient");

    [Fact]
    public async Task A_column_that_is_not_there_is_named()
        => (await Api.SendAsync("PATCH /tallies?name=eq.red", """{"count":1}"""))
            .Fails(400, "PGRST204", "Could not find the 'count' column of 'tallies' in the schema cache");

    [Fact]
    public async Task A_filter_on_a_column_that_is_not_there_is_PostgreSQLs_error()
        => (await Api.SendAsync("PATCH /tallies?colour=eq.red", """{"amount":1}"""))
            .Fails(400, "42703", "column tallies.colour does not exist");

    [Fact]
    public async Task A_view_is_changed_through_its_trigger()
        => (await Api.SendAsync("PATCH /titles?id=eq.2", """{"title":"Persuasion"}""", TrialRows))
            .Is(200, """[{"id":2,"title":"Persuasion","shelf":"Novels"}]""").Has("Content-Range", "0-0/*");

    [Fact]
    public async Task A_form_changes_rows()
        => (await Api.SendAsync("PATCH /tallies?name=eq.red", "amount=4", TrialRows, "Content-Type: application/x-www-form-urlencoded"))
            .Is(200, """[{"name":"red","amount":4}]""");
}
