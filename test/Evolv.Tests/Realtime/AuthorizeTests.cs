using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Realtime;

/// <summary><c>realtime.authorize</c>: what policies on <c>realtime.messages</c> let somebody do on a topic.</summary>
public sealed class AuthorizeTests(EvolvCluster cluster)
{
    const string NoHeaders = "{}";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_may_do_anything_on_a_topic_without_a_policy()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("Ada");

        Assert.Equal(new Rights(), await AskAsync(database, Caller.Anonymous, "room"));
        Assert.Equal(new Rights(), await AskAsync(database, ada, "room"));
        Assert.Equal(new Rights(true, true, true, true), await AskAsync(database, Caller.Service, "room"));
    }

    [Fact]
    public async Task Policies_say_who_reads_and_who_writes_which_extension()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("Ada");
        var bob = await database.PersonAsync("Bob");
        await database.ExecuteAsync(
            $"""
            create policy room_read on realtime.messages for select to authenticated
                using (realtime.topic() = 'room' and realtime.messages.topic = 'room' and (
                    (select auth.uid()) = '{ada.UserId}' or extension = 'presence'));
            create policy room_write on realtime.messages for insert to authenticated
                with check (realtime.topic() = 'room' and auth.jwt() ->> 'sub' = '{ada.UserId}' and extension = 'broadcast');
            """);

        Assert.Equal(new Rights(true, true, true, false), await AskAsync(database, ada, "room"));
        Assert.Equal(new Rights(false, true, false, false), await AskAsync(database, bob, "room"));
        Assert.Equal(new Rights(), await AskAsync(database, Caller.Anonymous, "room"));
        Assert.Equal(new Rights(), await AskAsync(database, ada, "another room"));
    }

    [Fact]
    public async Task Policies_see_claims_and_headers_of_whoever_joins()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            create policy room_read on realtime.messages for select to anon
                using (
                    (auth.jwt() ->> 'team') = 'red'
                    and current_setting('request.headers')::json ->> 'x-room' = 'yes'
                    and current_setting('request.jwt.claim.role') = 'anon'
                    and extension = 'broadcast')
            """);
        var red = new Caller("anon", """{"role":"anon","team":"red"}""");

        Assert.Equal(new Rights(BroadcastRead: true), await AskAsync(database, red, "room", """{"x-room":"yes"}"""));
        Assert.Equal(new Rights(), await AskAsync(database, red, "room", """{"x-room":"no"}"""));
        Assert.Equal(new Rights(), await AskAsync(database, Caller.Anonymous, "room", """{"x-room":"yes"}"""));
    }

    [Fact]
    public async Task Nothing_is_left_behind()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("Ada");
        await using var session = await database.Database.BeginAsync(Caller.Service, Token);

        await session.QuerySingleAsync(Question(ada, "room", NoHeaders), _ => true, Token);
        var after = await session.QuerySingleAsync(
            $"""
            select concat_ws('|', current_user, current_setting('request.jwt.claim.sub'), current_setting('request.jwt.claims'),
                coalesce(current_setting('realtime.topic', true), ''), coalesce(current_setting('request.headers', true), ''),
                current_setting('search_path'), (select count(*) from realtime.messages))
            """, row => row.GetString(0), Token);
        await session.CommitAsync(Token);

        Assert.Equal("""service_role||{"role":"service_role"}|||"$user", public|0""", after);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from realtime.messages"));
    }

    [Fact]
    public async Task Policy_that_raises_lets_nobody_do_anything_and_says_why()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("Ada");
        await database.ExecuteAsync(
            """
            create function public.explode() returns boolean language plpgsql as $$ begin raise exception 'boom'; end $$;
            grant execute on function public.explode to authenticated;
            create policy room_read on realtime.messages for select to authenticated using (true);
            create policy room_write on realtime.messages for insert to authenticated with check (explode());
            """);

        Assert.Equal(new Rights { Error = "boom" }, await AskAsync(database, ada, "room"));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from realtime.messages"));
    }

    [Fact]
    public async Task Role_that_does_not_exist_and_claims_that_are_no_json_are_errors()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "create policy room_read on realtime.messages for select to anon using (auth.jwt() ->> 'team' = 'red')");

        var noRole = await AskAsync(database, new Caller("nobody_knows_me", "{}"), "room");
        var noClaims = await AskAsync(database, new Caller("anon", "{"), "room");

        Assert.Equal(new Rights { Error = "role \"nobody_knows_me\" does not exist" }, noRole);
        Assert.Equal(new Rights { Error = "invalid input syntax for type json" }, noClaims);
    }

    [Fact]
    public async Task Policy_that_takes_long_is_ended_by_the_statement_timeout()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("Ada");
        await database.ExecuteAsync(
            "create policy room_read on realtime.messages for select to authenticated using (pg_sleep(60) is not null)");
        await using var session = await database.Database.BeginAsync(Caller.Service, Token);
        await session.ExecuteAsync($"set local statement_timeout = '100ms'", Token); // Of authenticator, 8 seconds.

        var refusal = await Assert.ThrowsAsync<PostgresException>(
            () => session.QuerySingleAsync(Question(ada, "room", NoHeaders), _ => true, Token));

        Assert.Equal(PostgresErrorCodes.QueryCanceled, refusal.SqlState);
    }

    [Fact]
    public async Task Policy_is_asked_about_two_rows_however_many_messages_there_are()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("Ada");
        await database.ExecuteAsync(
            """
            insert into realtime.messages (topic, extension, private) select 'room', 'broadcast', true from generate_series(1, 1000);
            create sequence public.asked;
            grant usage on public.asked to authenticated;
            create policy room_read on realtime.messages for select to authenticated using (nextval('public.asked') > 0);
            """);

        Assert.Equal(new Rights(true, true), await AskAsync(database, ada, "room"));
        Assert.Equal(2, await database.ScalarAsync<long>("select last_value from public.asked"));
    }

    static async Task<Rights> AskAsync(TestDatabase database, Caller caller, string topic, string headers = NoHeaders)
        => (await database.Database.QuerySingleAsync(
            Caller.Service, Question(caller, topic, headers),
            row => new Rights(
                row.GetBoolean(0), row.GetBoolean(1), row.GetBoolean(2), row.GetBoolean(3), row.GetText(4)), Token))!;

    static Sql Question(Caller caller, string topic, string headers)
        => $"""
            select broadcast_read, presence_read, broadcast_write, presence_write, error
            from realtime.authorize({topic}, {caller.Role}, {caller.ClaimsJson}, {caller.UserId?.ToString()}, {headers})
            """;

    sealed record Rights(
        bool BroadcastRead = false, bool PresenceRead = false, bool BroadcastWrite = false, bool PresenceWrite = false, string? Error = null);
}
