using static Evolv.Tests.Rest.Writes.WritesServer;

namespace Evolv.Tests.Rest.Writes;

/// <summary>What constraints, rights and policies say to a write.</summary>
public sealed class RefusedWritesTests(WritesServer server) : IClassFixture<WritesServer>
{
    const string Rows = "Prefer: return=representation";
    const string NotVisible = "new row violates row-level security policy for table \"diary\"";

    RestServer Api => server.Api;

    [Fact]
    public async Task A_key_that_is_taken()
        => (await Api.SendAsync("POST /shelves", """{"id":1,"name":"Other"}"""))
            .Fails(409, "23505", "duplicate key value violates unique constraint \"shelves_pkey\"", "Key (id)=(1) already exists.")
            .Has("Content-Range", null).Has("Location", null).Has("Preference-Applied", null);

    [Fact]
    public async Task A_key_of_nobody()
        => (await Api.SendAsync("POST /books", """{"title":"x","shelf_id":99}"""))
            .Fails(
                409, "23503", "insert or update on table \"books\" violates foreign key constraint \"books_shelf_id_fkey\"",
                "Key (shelf_id)=(99) is not present in table \"shelves\".");

    [Fact]
    public async Task A_value_that_is_missing()
        => (await Api.SendAsync("POST /shelves", """{"id":300}"""))
            .Fails(
                400, "23502", "null value in column \"name\" of relation \"shelves\" violates not-null constraint",
                "Failing row contains (300, null, hall).");

    [Fact]
    public async Task A_value_that_a_check_refuses()
    {
        var answer = await Api.SendAsync("PATCH /books?id=eq.1", """{"title":""}""");

        answer.Fails(
            400, "23514", "new row for relation \"books\" violates check constraint \"books_title_check\"",
            "Failing row contains (1, , 1, 412, {}, null, 0).");
    }

    [Fact]
    public async Task A_value_of_another_type()
        => (await Api.SendAsync("POST /shelves", """{"id":"one","name":"x"}"""))
            .Fails(400, "22P02", "invalid input syntax for type integer: \"one\"");

    [Fact]
    public async Task Nothing_of_a_refused_list_is_written()
    {
        (await Api.SendAsync("POST /codes", """[{"id":301,"code":"free"},{"id":302,"code":"a"}]"""))
            .Fails(409, "23505", "duplicate key value violates unique constraint \"codes_code_idx\"", "Key (code)=(a) already exists.");

        (await Api.SendAsync("GET /codes?id=eq.301")).Is(200, "[]");
    }

    [Theory]
    [InlineData("Prefer: count=exact")]
    [InlineData("Prefer: return=representation")]
    [InlineData("Prefer: tx=rollback")]
    [InlineData("Accept: application/vnd.pgrst.object+json")]
    public async Task A_deferred_constraint_is_told_at_the_end(string header)
    {
        (await Api.SendAsync("POST /chain", """{"id":10,"next":11}""", header))
            .Fails(
                409, "23503", "insert or update on table \"chain\" violates foreign key constraint \"chain_next_fkey\"",
                "Key (next)=(11) is not present in table \"chain\".");

        (await Api.SendAsync("GET /chain?id=eq.10")).Is(200, "[]");
    }

    [Fact]
    public async Task A_deferred_constraint_may_be_met_later_in_the_same_request()
        => (await Api.SendAsync("POST /chain", """[{"id":20,"next":21},{"id":21,"next":1}]""", TrialRows))
            .Is(201, """[{"id":20,"next":21},{"id":21,"next":1}]""");

    [Theory]
    [InlineData("POST", "/closed", """{"id":1}""")]
    [InlineData("PATCH", "/closed?id=eq.1", """{"id":2}""")]
    [InlineData("PUT", "/closed?id=eq.1", """{"id":1}""")]
    [InlineData("DELETE", "/closed?id=eq.1", null)]
    public async Task Without_rights_one_is_asked_who_one_is_and_then_refused(string method, string path, string? body)
    {
        (await Api.SendAsync($"{method} {path}", body)).Fails(401, "42501", "permission denied for table closed").Has("WWW-Authenticate", "Bearer");
        (await Api.SendAsync($"{method} {path}", body, server.Guest)).Fails(403, "42501", "permission denied for table closed");
    }

    [Fact]
    public async Task The_right_to_read_is_none_to_write()
        => (await Api.SendAsync("POST /shown", """{"id":1}""", server.Guest)).Fails(403, "42501", "permission denied for table shown");

    [Fact]
    public async Task Who_may_only_write_sees_nothing()
    {
        (await Api.SendAsync("POST /dropbox", """{"id":1}""", Trial)).IsEmpty(201);
        (await Api.SendAsync("POST /dropbox", "[]", Trial)).IsEmpty(201);
        (await Api.SendAsync("POST /dropbox", """{"id":1}""", Rows, server.Guest)).Fails(403, "42501", "permission denied for table dropbox");
        (await Api.SendAsync("POST /dropbox", """{"id":1}""", "Prefer: return=headers-only", server.Guest))
            .Fails(403, "42501", "permission denied for table dropbox");
    }

    [Fact]
    public async Task Rights_may_be_of_columns()
    {
        (await Api.SendAsync("POST /partial", """{"id":2,"open":"x"}""", Trial)).IsEmpty(201);
        (await Api.SendAsync("POST /partial?select=open", """{"id":2,"open":"x"}""", TrialRows)).Is(201, """[{"open":"x"}]""");
        (await Api.SendAsync("PATCH /partial?id=eq.1&select=id,open", """{"open":"x"}""", TrialRows)).Is(200, """[{"id":1,"open":"x"}]""");
        (await Api.SendAsync("DELETE /partial?id=eq.1&select=id", body: (string?)null, TrialRows)).Is(200, """[{"id":1}]""");
        (await Api.SendAsync("POST /partial", """{"id":2,"hidden":"x"}""", server.Guest)).Fails(403, "42501", "permission denied for table partial");
        (await Api.SendAsync("PATCH /partial?hidden=eq.no", """{"open":"x"}""", server.Guest)).Fails(403, "42501", "permission denied for table partial");
        (await Api.SendAsync("DELETE /partial?id=eq.1", body: (string?)null, Rows, server.Guest)).Fails(403, "42501", "permission denied for table partial");
    }

    [Fact]
    public async Task A_row_that_nobody_sees_is_written_but_does_not_come_back()
    {
        (await Api.SendAsync("POST /diary", """{"id":10,"text":"unseen"}""")).IsEmpty(201);
        (await Api.SendAsync("POST /diary", """{"id":11,"text":"unseen"}""", Rows)).Fails(401, "42501", NotVisible).Has("WWW-Authenticate", "Bearer");
        (await Api.SendAsync("POST /diary", """{"id":11,"text":"unseen"}""", Rows, server.Guest)).Fails(403, "42501", NotVisible);
        (await Api.SendAsync("POST /diary", """{"id":11,"text":"unseen"}""", "Prefer: return=headers-only", server.Guest)).Fails(403, "42501", NotVisible);

        Assert.Equal(1L, await Api.Database.ScalarAsync<long>("select count(*) from api.diary where id in (10, 11)"));
    }

    [Fact]
    public async Task A_row_that_is_seen_comes_back()
        => (await Api.SendAsync("POST /diary", """{"id":12,"text":"all","public":true}""", TrialRows))
            .Is(201, """[{"id":12,"text":"all","public":true}]""");

    [Fact]
    public async Task A_policy_refuses_a_row()
        => (await Api.SendAsync("POST /diary", """{"id":13,"text":"forbidden"}""", server.Guest)).Fails(403, "42501", NotVisible);

    [Fact]
    public async Task Rows_that_are_not_seen_are_neither_changed_nor_removed()
    {
        (await Api.SendAsync("PATCH /diary?id=in.(1,2)", """{"text":"x"}""", TrialRows)).Is(200, """[{"id":1,"text":"x","public":true}]""");
        (await Api.SendAsync("PATCH /diary?id=eq.2", """{"text":"x"}""", TrialRows)).Is(200, "[]");
        (await Api.SendAsync("DELETE /diary?id=in.(1,2)", body: (string?)null, TrialRows)).Is(200, """[{"id":1,"text":"seen","public":true}]""");
    }

    [Fact]
    public async Task A_row_may_not_be_changed_out_of_sight()
        => (await Api.SendAsync("PATCH /diary?id=eq.1", """{"public":false}""", server.Guest)).Fails(403, "42501", NotVisible);

    [Fact]
    public async Task Merging_into_a_row_that_is_not_seen_is_refused()
        => (await Api.SendAsync("POST /diary", """{"id":2,"text":"taken"}""", "Prefer: resolution=merge-duplicates", server.Guest))
            .Fails(403, "42501", NotVisible);

    [Fact]
    public async Task Everybody_has_rows_of_their_own()
    {
        var ada = await Api.Server.SignUpAsync("ada-writes");
        var bob = await Api.Server.SignUpAsync("bob-writes");
        var (asAda, asBob) = ($"Authorization: Bearer {ada.AccessToken}", $"Authorization: Bearer {bob.AccessToken}");

        (await Api.SendAsync("POST /journal?select=author,text", """{"id":1,"text":"mine"}""", asAda, Rows))
            .Is(201, $$"""[{"author":"{{ada.Id}}","text":"mine"}]""");
        (await Api.SendAsync("GET /journal", body: (string?)null, asBob)).Is(200, "[]");
        (await Api.SendAsync("PATCH /journal?id=eq.1", """{"text":"yours"}""", asBob, Rows)).Is(200, "[]");
        (await Api.SendAsync("POST /journal", $$"""{"id":2,"author":"{{ada.Id}}"}""", asBob))
            .Fails(403, "42501", "new row violates row-level security policy for table \"journal\"");
        (await Api.SendAsync("POST /journal", """{"id":1}""", asBob))
            .Fails(409, "23505", "duplicate key value violates unique constraint \"journal_pkey\"");
        (await Api.SendAsync("GET /journal", body: (string?)null)).Is(200, "[]");
        (await Api.SendAsync("DELETE /journal?id=eq.1&select=text", body: (string?)null, asAda, Rows)).Is(200, """[{"text":"mine"}]""");
    }

    [Fact]
    public async Task The_secret_key_passes_all_policies()
        => (await Api.SendAsync(
                "POST /journal?select=text", """{"id":50,"author":"00000000-0000-0000-0000-000000000001","text":"whose"}""",
                $"apikey: {Api.Server.SecretKey}", TrialRows))
            .Is(201, """[{"text":"whose"}]""");
}
