using static Evolv.Tests.Rest.Writes.WritesServer;

namespace Evolv.Tests.Rest.Writes;

public sealed class InsertTests(WritesServer server) : IClassFixture<WritesServer>
{
    RestServer Api => server.Api;

    [Fact]
    public async Task One_row_answers_without_a_body()
    {
        var answer = await Api.SendAsync("POST /shelves", """{"id":100,"name":"Poems"}""");

        answer.IsEmpty(201).Has("Content-Length", "0").Has("Content-Range", "*/*").Has("Content-Type", null).Has("Location", null)
            .Has("Preference-Applied", null).Has("Vary", "Accept-Encoding, Origin, Accept, Prefer, Range");
        (await Api.SendAsync("GET /shelves?id=eq.100")).Is(200, """[{"id":100,"name":"Poems","room":"hall"}]""");
    }

    [Fact]
    public async Task A_trial_is_rolled_back()
    {
        var answer = await Api.SendAsync("POST /shelves", """{"id":101,"name":"Trial"}""", TrialRows);

        answer.Is(201, """[{"id":101,"name":"Trial","room":"hall"}]""").Has("Preference-Applied", "return=representation, tx=rollback");
        (await Api.SendAsync("GET /shelves?id=eq.101")).Is(200, "[]");
    }

    [Fact]
    public async Task Minimal_is_what_is_sent_anyhow()
        => (await Api.SendAsync("POST /shelves", """{"id":102,"name":"Minimal"}""", "Prefer: return=minimal, tx=rollback"))
            .IsEmpty(201).Has("Preference-Applied", "return=minimal, tx=rollback").Has("Location", null);

    [Fact]
    public async Task Headers_alone_say_where_the_row_is()
        => (await Api.SendAsync("POST /shelves", """{"id":103,"name":"Located"}""", "Prefer: return=headers-only", Trial))
            .IsEmpty(201).Has("Location", "/shelves?id=eq.103").Has("Preference-Applied", "return=headers-only, tx=rollback");

    [Fact]
    public async Task A_place_has_all_columns_of_the_key()
        => (await Api.SendAsync("POST /loans", """{"reader":"eve & co","book":"Größe"}""", "Prefer: return=headers-only", Trial))
            .IsEmpty(201).Has("Location", "/loans?book=eq.Gr%C3%B6%C3%9Fe&reader=eq.eve%20%26%20co");

    [Fact]
    public async Task A_place_with_odd_names_is_an_address_that_works()
    {
        var answer = await Api.SendAsync("POST /%C3%9Cnder%20Ground", """{"The Key":"a=b&c","déjà":1}""", "Prefer: return=headers-only");

        answer.IsEmpty(201).Has("Location", "/%C3%9Cnder%20Ground?The%20Key=eq.a%3Db%26c");
        (await Api.SendAsync($"GET {answer.Header("Location")}"))
            .Is(200, """[{"The Key":"a=b&c","déjà":1}]""").Has("Content-Location", "/%C3%9Cnder%20Ground?The%20Key=eq.a%3Db%26c");
    }

    [Theory]
    [InlineData("/shelves", """[{"id":104,"name":"One"},{"id":105,"name":"Two"}]""")]
    [InlineData("/notes", """{"body":"no key"}""")]
    public async Task Many_rows_or_none_with_a_key_are_at_no_place(string path, string body)
        => (await Api.SendAsync($"POST {path}", body, "Prefer: return=headers-only", Trial)).IsEmpty(201).Has("Location", null);

    [Fact]
    public async Task Many_rows_keep_their_order_and_are_counted()
        => (await Api.SendAsync("POST /shelves", """[{"name":"B","id":107},{"id":106,"name":"A"}]""", TrialRows, "Prefer: count=exact"))
            .Is(201, """[{"id":107,"name":"B","room":"hall"},{"id":106,"name":"A","room":"hall"}]""")
            .Has("Content-Range", "*/2").Has("Preference-Applied", "return=representation, count=exact, tx=rollback");

    [Fact]
    public async Task Rows_that_come_back_can_be_ordered_and_chosen()
        => (await Api.SendAsync("POST /shelves?select=n:name&order=name", """[{"name":"B","id":107},{"id":106,"name":"A"}]""", TrialRows))
            .Is(201, """[{"n":"A"},{"n":"B"}]""");

    [Fact]
    public async Task Rows_that_come_back_can_embed()
        => (await Api.SendAsync("POST /books?select=title,title_length,shelves(name)", """{"title":"Walden","shelf_id":2}""", TrialRows))
            .Is(201, """[{"title":"Walden","title_length":6,"shelves":{"name":"Atlases"}}]""");

    [Fact]
    public async Task A_single_row_comes_back_as_an_object()
        => (await Api.SendAsync("POST /books?select=title", """{"title":"Walden"}""", TrialRows, Singular))
            .Is(201, """{"title":"Walden"}""").Has("Content-Type", "application/vnd.pgrst.object+json; charset=utf-8");

    [Fact]
    public async Task Rows_come_back_as_CSV()
        => (await Api.SendAsync("POST /loans", """[{"book":"x","reader":"y"}]""", TrialRows, "Accept: text/csv"))
            .IsText(201, "book,reader,days,note\nx,y,14,").Has("Content-Type", "text/csv; charset=utf-8");

    [Theory]
    [InlineData(WritesServer.TrialRows)]
    [InlineData("Prefer: return=representation")]
    public async Task Two_rows_are_no_object_and_nothing_is_written(string prefer)
    {
        var answer = await Api.SendAsync("POST /shelves", """[{"id":108,"name":"One"},{"id":109,"name":"Two"}]""", prefer, Singular);

        answer.Fails(406, "PGRST116", "Cannot coerce the result to a single JSON object", "The result contains 2 rows");
        (await Api.SendAsync("GET /shelves?id=in.(108,109)")).Is(200, "[]");
    }

    [Fact]
    public async Task An_empty_object_is_a_row_of_defaults()
        => (await Api.SendAsync("POST /tickets?select=subject,urgent", "{}", TrialRows)).Is(201, """[{"subject":"none","urgent":false}]""");

    [Fact]
    public async Task Empty_objects_are_as_many_rows_of_defaults()
        => (await Api.SendAsync("POST /tickets?select=subject", "[{},{}]", TrialRows, "Prefer: count=exact"))
            .Is(201, """[{"subject":"none"},{"subject":"none"}]""").Has("Content-Range", "*/2");

    [Fact]
    public async Task An_empty_list_is_no_row()
        => (await Api.SendAsync("POST /tickets", "[]", TrialRows)).Is(201, "[]").Has("Content-Range", "*/*").Has("Location", null);

    [Fact]
    public async Task An_empty_list_writes_nothing_and_is_well()
        => (await Api.SendAsync("POST /tickets", "[]", "Prefer: count=exact")).IsEmpty(201).Has("Content-Range", "*/0");

    [Fact]
    public async Task Named_columns_are_all_that_is_written()
        => (await Api.SendAsync("POST /shelves?columns=id,name", """[{"id":110,"name":"One","room":"attic","x":1},{"name":"Two","id":111}]""", TrialRows))
            .Is(201, """[{"id":110,"name":"One","room":"hall"},{"id":111,"name":"Two","room":"hall"}]""");

    [Fact]
    public async Task A_named_column_that_a_row_lacks_is_null()
        => (await Api.SendAsync("POST /shelves?columns=id,name,room", """[{"id":110,"name":"One","room":"attic"},{"name":"Two","id":111}]""", TrialRows))
            .Is(201, """[{"id":110,"name":"One","room":"attic"},{"id":111,"name":"Two","room":null}]""").Has("Preference-Applied", "return=representation, tx=rollback");

    [Fact]
    public async Task A_named_column_that_a_row_lacks_has_its_default_if_so_preferred()
        => (await Api.SendAsync(
                "POST /shelves?columns=id,name,room", """[{"id":110,"name":"One","room":null},{"name":"Two","id":111}]""", TrialRows,
                "Prefer: missing=default"))
            .Is(201, """[{"id":110,"name":"One","room":null},{"id":111,"name":"Two","room":"hall"}]""")
            .Has("Preference-Applied", "missing=default, return=representation, tx=rollback");

    [Fact]
    public async Task Missing_identities_are_made()
        => (await Api.SendAsync(
                "POST /books?columns=id,title,pages&select=title,pages", """[{"title":"One"},{"title":"Two","pages":2}]""", TrialRows,
                "Prefer: missing=default"))
            .Is(201, """[{"title":"One","pages":100},{"title":"Two","pages":2}]""");

    [Fact]
    public async Task Missing_columns_of_one_object_have_their_defaults()
        => (await Api.SendAsync("POST /shelves?columns=id,name,room", """{"id":112,"name":"One"}""", TrialRows, "Prefer: missing=default"))
            .Is(201, """[{"id":112,"name":"One","room":"hall"}]""");

    [Fact]
    public async Task Objects_of_different_keys_need_columns()
        => (await Api.SendAsync("POST /shelves", """[{"id":113,"name":"One"},{"id":114}]""")).Fails(400, "PGRST102", "All object keys must match");

    [Theory]
    [InlineData("")]
    [InlineData("""{"id":""")]
    [InlineData("""[{"id":1}""")]
    [InlineData("""{"id":1} x""")]
    [InlineData("nothing")]
    public async Task What_is_no_JSON_is_refused(string body)
        => (await Api.SendAsync("POST /shelves", body)).Fails(400, "PGRST102", "Empty or invalid json");

    [Fact]
    public async Task What_is_no_JSON_is_refused_with_columns_as_well()
        => (await Api.SendAsync("POST /shelves?columns=id", """{"id":"""))
            .Fails(400, "22P02", "invalid input syntax for type json", "The input string ended unexpectedly.");

    [Fact]
    public async Task A_column_that_is_not_there_is_named()
        => (await Api.SendAsync("POST /shelves", """{"id":115,"colour":"red"}"""))
            .Fails(400, "PGRST204", "Could not find the 'colour' column of 'shelves' in the schema cache");

    [Fact]
    public async Task A_named_column_that_is_not_there_is_named()
        => (await Api.SendAsync("POST /shelves?columns=id,colour", """{"id":115}"""))
            .Fails(400, "PGRST204", "Could not find the 'colour' column of 'shelves' in the schema cache");

    [Fact]
    public async Task A_table_that_is_not_there_is_guessed()
        => (await Api.SendAsync("POST /shelvs", """{"id":115}"""))
            .Fails(404, "PGRST205", "Could not find the table 'api.shelvs' in the schema cache", hint: "Perhaps you meant the table 'api.shelves'");

    [Fact]
    public async Task CSV_is_rows_under_a_heading()
        => (await Api.SendAsync(
                "POST /shelves", "id,name,room\r\n116,\"One, \"\"two\"\"\",NULL\r\n117,Two,", TrialRows, "Content-Type: text/csv"))
            .Is(201, """[{"id":116,"name":"One, \"two\"","room":null},{"id":117,"name":"Two","room":""}]""");

    [Fact]
    public async Task CSV_may_be_written_in_part()
        => (await Api.SendAsync("POST /shelves?select=id,name", "id,name\n118,Six\n", TrialRows, "Content-Type: text/csv"))
            .Is(201, """[{"id":118,"name":"Six"}]""");

    [Fact]
    public async Task CSV_lines_have_as_many_fields_as_the_heading()
        => (await Api.SendAsync("POST /shelves", "id,name\n119,Six,7\n", TrialRows, "Content-Type: text/csv"))
            .Fails(400, "PGRST102", "All lines must have same number of fields");

    [Fact]
    public async Task A_form_is_one_row()
        => (await Api.SendAsync("POST /shelves", "id=120&name=a+b%26c", TrialRows, "Content-Type: application/x-www-form-urlencoded"))
            .Is(201, """[{"id":120,"name":"a b&c","room":"hall"}]""");

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/octet-stream")]
    [InlineData("application/yaml")]
    public async Task Other_types_are_refused(string type)
        => (await Api.SendAsync("POST /shelves", "id: 1", $"Content-Type: {type}")).Fails(400, "PGRST102", $"Content-Type not acceptable: {type}");

    [Fact]
    public async Task Arrays_and_documents_are_taken_as_JSON()
        => (await Api.SendAsync(
                "POST /books?select=tags,about", """[{"title":"a","tags":["x","y z"],"about":{"k":[1,null]}},{"title":"b","tags":"{p,q}","about":null}]""", TrialRows))
            .Is(201, """[{"tags":["x","y z"],"about":{"k":[1,null]}},{"tags":["p","q"],"about":null}]""");

    [Fact]
    public async Task Numbers_are_not_rounded_on_the_way()
        => (await Api.SendAsync("POST /notes", """{"weight":12345678901234567890.12345678901234567890}""", TrialRows))
            .IsText(201, """[{"body":null,"weight":12345678901234567890.12345678901234567890}]""");

    [Fact]
    public async Task A_generated_column_is_not_written()
        => (await Api.SendAsync("POST /books", """{"title":"x","title_length":9}"""))
            .Fails(400, "428C9", "cannot insert a non-DEFAULT value into column \"title_length\"", "Column \"title_length\" is a generated column.");

    [Fact]
    public async Task An_identity_that_is_always_generated_is_not_written()
        => (await Api.SendAsync("POST /tickets", """{"number":1}"""))
            .Fails(
                400, "428C9", "cannot insert a non-DEFAULT value into column \"number\"",
                "Column \"number\" is an identity column defined as GENERATED ALWAYS.", "Use OVERRIDING SYSTEM VALUE to override.");

    [Fact]
    public async Task A_trigger_that_takes_a_row_away_is_no_error()
        => (await Api.SendAsync("POST /sieve", """[{"id":1,"coarse":true},{"id":2,"coarse":false}]""", TrialRows, "Prefer: count=exact"))
            .Is(201, """[{"id":2,"coarse":false}]""").Has("Content-Range", "*/1");

    [Fact]
    public async Task Limits_do_not_hold_for_writes()
        => (await Api.SendAsync("POST /shelves?select=id&order=id.desc&limit=1", """[{"id":121,"name":"One"},{"id":122,"name":"Two"}]""", TrialRows))
            .Is(201, """[{"id":122},{"id":121}]""");

    [Fact]
    public async Task A_view_is_written_to_as_a_table()
    {
        (await Api.SendAsync("POST /hall_shelves", """{"id":123,"name":"Seen"}""", "Prefer: return=headers-only", Trial))
            .IsEmpty(201).Has("Location", "/hall_shelves?id=eq.123");
        (await Api.SendAsync("POST /titles", """{"id":900,"title":"Through","shelf":"Novels"}""", TrialRows))
            .Is(201, """[{"id":900,"title":"Through","shelf":"Novels"}]""");
    }

    [Fact]
    public async Task A_view_that_cannot_be_written_to_says_so()
        => (await Api.SendAsync("POST /page_sums", """{"shelf_id":1}"""))
            .Fails(
                500, "55000", "cannot insert into view \"page_sums\"", "Views containing GROUP BY are not automatically updatable.",
                "To enable inserting into the view, provide an INSTEAD OF INSERT trigger or an unconditional ON INSERT DO INSTEAD rule.");
}
