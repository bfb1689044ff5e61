using static Evolv.Tests.Rest.Writes.WritesServer;

namespace Evolv.Tests.Rest.Writes;

public sealed class DeleteTests(WritesServer server) : IClassFixture<WritesServer>
{
    RestServer Api => server.Api;

    [Fact]
    public async Task Rows_that_fit_are_removed()
    {
        await Api.SendAsync("POST /tallies", """{"name":"black"}""");

        var answer = await Api.SendAsync("DELETE /tallies?name=eq.black");

        answer.IsEmpty(204).Has("Content-Range", "*/*").Has("Content-Type", null).Has("Content-Length", null);
        (await Api.SendAsync("GET /tallies?name=eq.black")).Is(200, "[]");
    }

    [Fact]
    public async Task Rows_come_back_if_so_preferred()
        => (await Api.SendAsync("DELETE /tallies?amount=gt.1&order=amount.desc&select=n:name", body: (string?)null, TrialRows, "Prefer: count=exact"))
            .Is(200, """[{"n":"blue"},{"n":"green"}]""").Has("Content-Range", "*/2")
            .Has("Preference-Applied", "return=representation, count=exact, tx=rollback");

    [Fact]
    public async Task Without_filters_all_rows_are_removed()
        => (await Api.SendAsync("DELETE /tallies", body: (string?)null, Trial, "Prefer: count=exact")).IsEmpty(204).Has("Content-Range", "*/3");

    [Fact]
    public async Task Nothing_to_remove_is_well()
    {
        (await Api.SendAsync("DELETE /tallies?name=eq.none")).IsEmpty(204).Has("Content-Range", "*/*");
        (await Api.SendAsync("DELETE /tallies?name=eq.none", body: (string?)null, "Prefer: return=representation")).Is(200, "[]");
    }

    [Fact]
    public async Task Rows_that_come_back_can_embed()
        => (await Api.SendAsync("DELETE /books?id=eq.3&select=title,shelves(name)", body: (string?)null, TrialRows))
            .Is(200, """[{"title":"World","shelves":{"name":"Atlases"}}]""");

    [Fact]
    public async Task A_body_says_nothing()
        => (await Api.SendAsync("DELETE /tallies?name=eq.red", "{no json", TrialRows)).Is(200, """[{"name":"red","amount":1}]""");

    [Fact]
    public async Task What_is_not_one_row_is_not_removed()
    {
        (await Api.SendAsync("DELETE /tallies?name=in.(red,blue)", body: (string?)null, Singular))
            .Fails(406, "PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 2 rows");

        (await Api.SendAsync("GET /tallies?select=name&name=in.(red,blue)&order=name")).Is(200, """[{"name":"blue"},{"name":"red"}]""");
    }

    [Fact]
    public async Task More_rows_than_may_be_affected_stay()
    {
        (await Api.SendAsync("DELETE /tallies", body: (string?)null, "Prefer: handling=strict, max-affected=2"))
            .Fails(400, "PGRST124", "Query result exceeds max-affected preference constraint", "The query affects 3 rows");

        (await Api.SendAsync("HEAD /tallies", body: (string?)null, "Prefer: count=exact")).IsEmpty(200).Has("Content-Range", "0-2/3");
    }

    [Fact]
    public async Task A_row_that_others_need_stays()
        => (await Api.SendAsync("DELETE /shelves?id=eq.1"))
            .Fails(
                409, "23503", "update or delete on table \"shelves\" violates foreign key constraint \"books_shelf_id_fkey\" on table \"books\"",
                "Key (id)=(1) is still referenced from table \"books\".");

    [Fact]
    public async Task A_view_removes_through_its_trigger()
        => (await Api.SendAsync("DELETE /titles?id=eq.3", body: (string?)null, TrialRows)).Is(200, """[{"id":3,"title":"World","shelf":"Atlases"}]""");

    [Fact]
    public async Task A_view_that_cannot_be_written_to_says_so()
        => (await Api.SendAsync("DELETE /page_sums?shelf_id=eq.1"))
            .Fails(
                500, "55000", "cannot delete from view \"page_sums\"", "Views containing GROUP BY are not automatically updatable.",
                "To enable deleting from the view, provide an INSTEAD OF DELETE trigger or an unconditional ON DELETE DO INSTEAD rule.");
}
