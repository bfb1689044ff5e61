using static Evolv.Tests.Rest.Writes.WritesServer;

namespace Evolv.Tests.Rest.Writes;

public sealed class UpsertTests(WritesServer server) : IClassFixture<WritesServer>
{
    const string Merge = "Prefer: resolution=merge-duplicates";
    const string Ignore = "Prefer: resolution=ignore-duplicates";

    RestServer Api => server.Api;

    [Fact]
    public async Task Merging_writes_over_what_is_there()
        => (await Api.SendAsync("POST /loans", """[{"book":"Dune","reader":"ada","days":1},{"book":"Emma","reader":"ada","days":2}]""", Merge, TrialRows))
            .Is(201, """[{"book":"Dune","reader":"ada","days":1,"note":"mind the cover"},{"book":"Emma","reader":"ada","days":2,"note":null}]""")
            .Has("Preference-Applied", "resolution=merge-duplicates, return=representation, tx=rollback").Has("Content-Range", "*/*");

    [Fact]
    public async Task Merging_that_inserts_nothing_answers_200()
        => (await Api.SendAsync("POST /loans", """[{"book":"Dune","reader":"ada","days":1},{"book":"Dune","reader":"bob","days":2}]""", Merge, TrialRows))
            .Is(200, """[{"book":"Dune","reader":"ada","days":1,"note":"mind the cover"},{"book":"Dune","reader":"bob","days":2,"note":null}]""");

    [Fact]
    public async Task Merging_that_inserts_nothing_answers_200_without_a_body()
        => (await Api.SendAsync("POST /loans", """{"book":"Dune","reader":"ada","days":1}""", Merge, Trial, "Prefer: count=exact"))
            .IsEmpty(200).Has("Content-Range", "*/1").Has("Content-Length", "0");

    [Fact]
    public async Task Merging_nothing_into_nothing_answers_200()
        => (await Api.SendAsync("POST /loans", "[]", Merge, TrialRows)).Is(200, "[]");

    [Fact]
    public async Task Ignoring_leaves_what_is_there()
        => (await Api.SendAsync("POST /loans", """[{"book":"Dune","reader":"ada","days":1},{"book":"Emma","reader":"ada","days":2}]""", Ignore, TrialRows))
            .Is(201, """[{"book":"Emma","reader":"ada","days":2,"note":null}]""")
            .Has("Preference-Applied", "resolution=ignore-duplicates, return=representation, tx=rollback");

    [Fact]
    public async Task Ignoring_all_answers_201()
        => (await Api.SendAsync("POST /loans", """{"book":"Dune","reader":"ada","days":1}""", Ignore, TrialRows)).Is(201, "[]");

    [Fact]
    public async Task Another_unique_key_is_named()
        => (await Api.SendAsync("POST /codes?on_conflict=code", """[{"id":1,"code":"a","uses":11},{"id":9,"code":"z","uses":1}]""", Merge, TrialRows))
            .Is(201, """[{"id":1,"code":"a","uses":11},{"id":9,"code":"z","uses":1}]""");

    [Fact]
    public async Task Merging_by_a_named_key_writes_the_primary_key_too()
        => (await Api.SendAsync("POST /codes?on_conflict=code", """{"id":5,"code":"b","uses":0}""", Merge, TrialRows))
            .Is(200, """[{"id":5,"code":"b","uses":0}]""");

    [Fact]
    public async Task Ignoring_by_a_named_key_still_minds_the_others()
        => (await Api.SendAsync("POST /codes?on_conflict=code", """{"id":1,"code":"new"}""", Ignore, Trial))
            .Fails(409, "23505", "duplicate key value violates unique constraint \"codes_pkey\"", "Key (id)=(1) already exists.");

    [Theory]
    [InlineData("Prefer: resolution=merge-duplicates")]
    [InlineData("Prefer: resolution=ignore-duplicates")]
    public async Task A_key_that_is_not_unique_is_refused(string prefer)
        => (await Api.SendAsync("POST /codes?on_conflict=uses", """{"id":1,"code":"a","uses":1}""", prefer))
            .Fails(400, "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification");

    [Fact]
    public async Task A_key_that_is_not_there_is_refused()
        => (await Api.SendAsync("POST /codes?on_conflict=cod", """{"id":1,"code":"a"}""", Merge))
            .Fails(400, "42703", "column \"cod\" does not exist");

    [Fact]
    public async Task Twice_the_same_key_in_one_body_is_refused()
        => (await Api.SendAsync("POST /codes", """[{"id":1,"code":"a"},{"id":1,"code":"c"}]""", Merge))
            .Fails(
                500, "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time",
                hint: "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.");

    [Fact]
    public async Task Without_a_key_it_is_an_insert()
        => (await Api.SendAsync("POST /notes", """{"body":"again"}""", Merge, TrialRows))
            .Is(201, """[{"body":"again","weight":null}]""").Has("Preference-Applied", "return=representation, tx=rollback");

    [Fact]
    public async Task Only_named_columns_are_merged()
        => (await Api.SendAsync("POST /loans?columns=book,reader,days", """{"book":"Dune","reader":"ada","days":3,"note":"x"}""", Merge, TrialRows))
            .Is(200, """[{"book":"Dune","reader":"ada","days":3,"note":"mind the cover"}]""");

    [Fact]
    public async Task Missing_defaults_are_merged_as_well()
        => (await Api.SendAsync(
                "POST /loans?columns=book,reader,days", """[{"book":"Dune","reader":"ada"},{"book":"Emma","reader":"ada","days":1}]""", Merge, TrialRows,
                "Prefer: missing=default"))
            .Is(201, """[{"book":"Dune","reader":"ada","days":14,"note":"mind the cover"},{"book":"Emma","reader":"ada","days":1,"note":null}]""")
            .Has("Preference-Applied", "resolution=merge-duplicates, missing=default, return=representation, tx=rollback");

    [Fact]
    public async Task Merging_into_a_table_with_an_identity_needs_the_key()
        => (await Api.SendAsync("POST /books?select=id,title,pages", """[{"id":1,"title":"Dune","pages":7}]""", Merge, TrialRows))
            .Is(200, """[{"id":1,"title":"Dune","pages":7}]""");

    [Fact]
    public async Task A_view_merges_by_the_key_below_it()
        => (await Api.SendAsync("POST /hall_shelves", """{"id":1,"name":"Short stories"}""", Merge, TrialRows))
            .Is(200, """[{"id":1,"name":"Short stories"}]""");

    [Fact]
    public async Task The_first_resolution_counts()
        => (await Api.SendAsync(
                "POST /loans", """{"book":"Dune","reader":"ada","days":1}""", "Prefer: resolution=ignore-duplicates, resolution=merge-duplicates", TrialRows))
            .Is(201, "[]").Has("Preference-Applied", "resolution=ignore-duplicates, return=representation, tx=rollback");

    [Fact]
    public async Task PUT_makes_a_row()
        => (await Api.SendAsync("PUT /shelves?id=eq.200", """{"id":200,"name":"Put"}""", TrialRows))
            .Is(201, """[{"id":200,"name":"Put","room":"hall"}]""").Has("Content-Range", null).Has("Location", null);

    [Fact]
    public async Task PUT_replaces_a_row()
        => (await Api.SendAsync("PUT /shelves?id=eq.2", """{"id":2,"name":"Maps"}""", TrialRows)).Is(200, """[{"id":2,"name":"Maps","room":"cellar"}]""");

    [Fact]
    public async Task PUT_is_written()
    {
        (await Api.SendAsync("PUT /codes?id=eq.70", """{"id":70,"code":"put","uses":1}""")).IsEmpty(204).Has("Content-Length", null).Has("Content-Type", null);
        (await Api.SendAsync("PUT /codes?id=eq.70", """[{"id":70,"code":"put","uses":2}]""", "Prefer: return=headers-only"))
            .IsEmpty(204).Has("Preference-Applied", "return=headers-only");

        (await Api.SendAsync("GET /codes?id=eq.70")).Is(200, """[{"id":70,"code":"put","uses":2}]""");
    }

    [Fact]
    public async Task PUT_takes_all_columns_of_a_key()
        => (await Api.SendAsync("PUT /loans?reader=eq.bob&book=eq.Dune&select=days,note", """{"book":"Dune","reader":"bob","days":5,"note":"late"}""", TrialRows, Singular))
            .Is(200, """{"days":5,"note":"late"}""");

    [Theory]
    [InlineData("book=eq.Dune")]
    [InlineData("book=eq.Dune&reader=eq.ada&days=eq.7")]
    [InlineData("book=eq.Dune&reader=neq.ada")]
    [InlineData("book=eq.Dune&reader=not.eq.ada")]
    [InlineData("book=eq.Dune&reader=eq(any).{ada}")]
    [InlineData("book=eq.Dune&and=(reader.eq.ada)")]
    [InlineData("")]
    public async Task PUT_names_the_whole_key_and_nothing_else(string filters)
        => (await Api.SendAsync($"PUT /loans?{filters}", """{"book":"Dune","reader":"ada"}"""))
            .Fails(405, "PGRST105", "Filters must include all and only primary key columns with 'eq' operators");

    [Fact]
    public async Task PUT_needs_a_key()
        => (await Api.SendAsync("PUT /notes?body=eq.x", """{"body":"x"}"""))
            .Fails(405, "PGRST105", "Filters must include all and only primary key columns with 'eq' operators");

    [Fact]
    public async Task PUT_has_the_key_of_its_address()
        => (await Api.SendAsync("PUT /shelves?id=eq.2", """{"id":3,"name":"Other"}"""))
            .Fails(400, "PGRST115", "Payload values do not match URL in primary key column(s)");

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"name":"Other"}""")]
    public async Task PUT_without_the_key_in_its_body_is_PostgreSQLs_error(string body)
        => (await Api.SendAsync("PUT /shelves?id=eq.2", body)).Fails(400, "42703", "column pgrst_body.id does not exist");

    // As PostgREST does.
    [Fact]
    public async Task PUT_of_several_rows_takes_the_one_that_fits()
        => (await Api.SendAsync("PUT /shelves?id=eq.2", """[{"id":2,"name":"Two"},{"id":3,"name":"Three"}]""", TrialRows))
            .Is(200, """[{"id":2,"name":"Two","room":"cellar"}]""");

    [Fact]
    public async Task PUT_has_no_pages()
        => (await Api.SendAsync("PUT /shelves?id=eq.2&limit=1", """{"id":2,"name":"Maps"}"""))
            .Fails(400, "PGRST114", "limit/offset querystring parameters are not allowed for PUT");

    [Fact]
    public async Task PUT_that_breaks_another_key_is_a_conflict()
        => (await Api.SendAsync("PUT /shelves?id=eq.2", """{"id":2,"name":"Novels"}"""))
            .Fails(409, "23505", "duplicate key value violates unique constraint \"shelves_name_key\"", "Key (name)=(Novels) already exists.");
}
