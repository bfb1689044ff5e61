using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Realtime;

/// <summary><c>realtime.send</c> and its siblings: messages that SQL sends.</summary>
public sealed class SendTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Service_sends_to_every_topic_and_the_payload_gets_the_id_of_the_message()
    {
        await using var database = await cluster.CreateDatabaseAsync();

        await database.ScalarAsync<object>(Caller.Service, $"select realtime.send({new Json("""{"text":"hello"}""")}, 'greeting', 'room')::text");
        await database.ScalarAsync<object>(Caller.Service, $"select realtime.send({new Json("""{"id":7}""")}, 'greeting', 'lobby', false)::text");
        await database.ScalarAsync<object>(Caller.Service, $"select realtime.send({new Json("[1]")}, 'list', 'list')::text");

        Assert.Equal(
            [
                """room|broadcast|greeting|{"text": "hello"}|own id|private""",
                """lobby|broadcast|greeting|{"id": 7}||public""",
                """list|broadcast|list|[1]||private""",
            ],
            await database.ColumnAsync<string>(Caller.Service,
                $"""
                select concat_ws('|', topic, extension, event,
                    case when payload ->> 'id' = id::text then payload - 'id' else payload end,
                    case when payload ->> 'id' = id::text then 'own id' else '' end,
                    case when private then 'private' else 'public' end)
                from realtime.messages
                order by inserted_at, topic
                """));
    }

    [Fact]
    public async Task Bytes_are_sent_as_bytes()
    {
        await using var database = await cluster.CreateDatabaseAsync();

        await database.ScalarAsync<object>(Caller.Service, $@"select realtime.send_binary('\x00ff', 'image', 'room', false)::text");

        Assert.Equal(@"room|broadcast|image|\x00ff|f", await database.ScalarAsync<string>(
            "select concat_ws('|', topic, extension, event, payload, binary_payload, private) from realtime.messages"));
    }

    [Fact]
    public async Task Person_sends_where_a_policy_for_insert_lets_them_and_nowhere_else()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("Ada");
        await database.ExecuteAsync(
            "create policy room on realtime.messages for insert to authenticated with check (realtime.topic() = 'room' and private)");

        foreach (var caller in new[] { ada, Caller.Anonymous })
            foreach (var topic in new[] { "room", "lobby", $"notifications:{ada.UserId}", $"feed:{ada.UserId}" })
                await database.ScalarAsync<object>(caller, $"select realtime.send({new Json("{}")}, 'event', {topic})::text");
        await database.ScalarAsync<object>(ada, $@"select realtime.send_binary('\x00', 'bytes', 'lobby')::text");
        await database.ScalarAsync<object>(ada, $"select realtime.send({new Json("{}")}, 'event', 'room', false)::text");

        Assert.Equal("room", await database.ScalarAsync<string>("select string_agg(topic, ' ') from realtime.messages"));
    }

    [Fact]
    public async Task What_goes_wrong_is_a_warning_and_the_transaction_goes_on()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("Ada");
        await using var owner = await database.OpenOwnerAsync();
        var notices = new List<string>();
        owner.Notice += (_, e) => notices.Add($"{e.Notice.Severity} {e.Notice.MessageText}");

        await using (var command = new NpgsqlCommand(
            $$"""
            begin;
            insert into public.posts (user_id, content) values ('{{ada.UserId}}', 'kept');
            select realtime.send('{}', 'event', null);
            commit;
            """, owner))
        {
            await command.ExecuteNonQueryAsync(Token);
        }

        var notice = Assert.Single(notices);
        Assert.StartsWith("WARNING ErrorSendingBroadcastMessage: null value in column \"topic\"", notice, StringComparison.Ordinal);
        Assert.Equal("kept", await database.ScalarAsync<string>("select string_agg(content, ' ') from public.posts"));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from realtime.messages"));
    }

    [Fact]
    public async Task Sending_leaves_the_topic_of_the_transaction_as_it_was()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var session = await database.Database.BeginAsync(Caller.Service, Token);

        await session.ExecuteAsync($"select set_config('realtime.topic', 'mine', true), realtime.send({new Json("{}")}, 'event', 'room')", Token);
        await session.ExecuteAsync($"select realtime.send({new Json("{}")}, 'event', null)", Token);

        Assert.Equal("mine", await session.QuerySingleAsync($"select realtime.topic()", row => row.GetString(0), Token));
    }

    [Fact]
    public async Task Times_are_utc_in_every_session()
    {
        await using var database = await cluster.CreateDatabaseAsync();

        await database.ExecuteAsync("set time zone 'Asia/Tokyo'; select realtime.send('{}', 'event', 'room')");

        Assert.True(await database.ScalarAsync<bool>(
            "select bool_and(abs(extract(epoch from inserted_at - (now() at time zone 'utc'))) < 600 and updated_at = inserted_at) from realtime.messages"));
    }

    [Fact]
    public async Task Trigger_broadcasts_the_row_before_and_after()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            create table public.notes (id int primary key, body text);
            create function public.tell_note() returns trigger language plpgsql security definer set search_path = '' as $$
            begin
                perform realtime.broadcast_changes(
                    'notes:' || coalesce(new.id, old.id), tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
                return null;
            end
            $$;
            create trigger notes_tell after insert or update or delete on public.notes for each row execute function public.tell_note();
            insert into public.notes values (1, 'one');
            update public.notes set body = 'two';
            delete from public.notes;
            """);

        Assert.Equal(
            """
            notes:1 INSERT t {"table": "notes", "record": {"id": 1, "body": "one"}, "schema": "public", "operation": "INSERT", "old_record": null}
            notes:1 UPDATE t {"table": "notes", "record": {"id": 1, "body": "two"}, "schema": "public", "operation": "UPDATE", "old_record": {"id": 1, "body": "one"}}
            notes:1 DELETE t {"table": "notes", "record": null, "schema": "public", "operation": "DELETE", "old_record": {"id": 1, "body": "two"}}
            """,
            await database.ScalarAsync<string>(
                """
                select string_agg(concat_ws(' ', topic, event, private, payload - 'id'), e'\n' order by array_position(array['INSERT', 'UPDATE', 'DELETE'], event))
                from realtime.messages
                """));
    }

    [Theory]
    [InlineData("'INSERT', 'notes', 'public', null::record, null::record, 'STATEMENT'", "function can only be triggered for each row, not for each statement")]
    [InlineData("'TRUNCATE', 'notes', 'public', null::record, null::record", "Unexpected operation type: TRUNCATE")]
    public async Task Wrong_use_of_broadcast_changes_is_an_error(string arguments, string message)
    {
        await using var database = await cluster.CreateDatabaseAsync();

        var refusal = await Assert.ThrowsAsync<PostgresException>(
            () => database.ExecuteAsync($"select realtime.broadcast_changes('topic', 'event', {arguments})"));

        Assert.Equal(message, refusal.MessageText);
    }

    [Fact]
    public async Task Rest_does_not_serve_the_schema()
    {
        var server = await cluster.SharedServerAsync();

        foreach (var path in new[] { "/rest/v1/messages", "/rest/v1/rpc/topic" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("accept-profile", "realtime");
            using var answer = await server.Service.SendAsync(request, Token);

            Assert.Equal(System.Net.HttpStatusCode.NotAcceptable, answer.StatusCode);
            Assert.Contains("\"PGRST106\"", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }
}
