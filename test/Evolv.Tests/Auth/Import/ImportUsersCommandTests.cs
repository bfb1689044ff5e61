using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Import;

/// <summary>./evolv import-users, on the database of a running Evolv.</summary>
public sealed class ImportUsersCommandTests(EvolvCluster cluster) : IDisposable
{
    const string Ada = "6f1c9d3e-0000-4000-8000-000000000001";
    const string Bob = "6f1c9d3e-0000-4000-8000-000000000002";
    const string Eve = "6f1c9d3e-0000-4000-8000-000000000003";
    const string Session = "6f1c9d3e-0000-4000-8000-00000000000a";

    readonly string _folder = Directory.CreateTempSubdirectory("evolv-import-").FullName;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task People_of_a_Supabase_project_sign_in_with_their_passwords_and_go_on()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:LegacyJwtSecret", "super-secret-jwt-token-with-at-least-32-characters-long"));
        var hash = BCrypt.Net.BCrypt.HashPassword(Person.Password, 10);
        var file = Write("dump.sql",
            $$"""
            SET session_replication_role = replica;
            COPY auth.refresh_tokens (instance_id, id, token, user_id, revoked, created_at, updated_at, parent, session_id) FROM stdin;
            00000000-0000-0000-0000-000000000000	7	oldtoken1234	{{Ada}}	t	2024-05-01 10:00:00+00	2024-05-01 11:00:00+00	\N	{{Session}}
            00000000-0000-0000-0000-000000000000	8	newtoken1234	{{Ada}}	f	2024-05-01 11:00:00+00	2024-05-01 11:00:00+00	oldtoken1234	{{Session}}
            00000000-0000-0000-0000-000000000000	9	clienttoken1	{{Ada}}	f	2024-05-01 11:00:00+00	2024-05-01 11:00:00+00	\N	6f1c9d3e-0000-4000-8000-0000000000c1
            \.
            COPY auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token, raw_app_meta_data, raw_user_meta_data, is_super_admin, created_at, updated_at, phone, banned_until, is_sso_user, deleted_at, is_anonymous, something_new) FROM stdin;
            00000000-0000-0000-0000-000000000000	{{Ada}}	authenticated	authenticated	Ada@Example.com	{{hash}}	2024-05-01 10:00:00.123+00	secret	{"provider": "email", "providers": ["email", "google"]}	{"full_name": "Ada L."}	t	2024-05-01 10:00:00+00	2024-05-02 10:00:00+00	\N	\N	f	\N	f	x
            00000000-0000-0000-0000-000000000000	{{Bob}}	authenticated	authenticated	bob@example.com	{{hash}}	2024-05-01 10:00:00+00		{"provider": "email", "providers": ["email"]}	{}	\N	2024-05-01 10:00:00+00	2024-05-02 10:00:00+00	+4915112345678	infinity	f	\N	f	x
            \.
            COPY auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at, email, id) FROM stdin;
            {{Ada}}	{{Ada}}	{"sub": "{{Ada}}", "email": "ada@example.com"}	email	2024-05-01 10:00:00+00	2024-05-01 10:00:00+00	2024-05-01 10:00:00+00	ada@example.com	6f1c9d3e-0000-4000-8000-0000000000a1
            112233	{{Ada}}	{"sub": "112233", "email": "ada@gmail.com"}	google	\N	2024-05-01 10:00:00+00	2024-05-01 10:00:00+00	ada@gmail.com	6f1c9d3e-0000-4000-8000-0000000000a2
            \.
            COPY auth.sessions (id, user_id, created_at, updated_at, factor_id, aal, not_after, refreshed_at, user_agent, ip, tag, oauth_client_id) FROM stdin;
            {{Session}}	{{Ada}}	2024-05-01 10:00:00+00	2024-05-01 11:00:00+00	\N	aal1	\N	2024-05-01 11:00:00.5	Mozilla	203.0.113.7	\N	\N
            6f1c9d3e-0000-4000-8000-0000000000c1	{{Ada}}	2024-05-01 10:00:00+00	2024-05-01 11:00:00+00	\N	aal1	\N	\N	Tool	203.0.113.8	\N	6f1c9d3e-0000-4000-8000-0000000000c2
            \.
            COPY auth.mfa_factors (id, user_id) FROM stdin;
            6f1c9d3e-0000-4000-8000-0000000000f1	{{Bob}}
            \.
            """);

        Assert.Equal((0,
            """
            2 accounts taken over, 0 skipped because their id or address exists.
            2 identities, 1 more made; 1 sessions go on.
            1 second factors are not taken over: tell people to add theirs again.
            """), await ImportAsync(server, file));

        Assert.Equal(hash, await server.Database.ScalarAsync<string>($"select encrypted_password from auth.users where id = '{Ada}'"));
        Assert.Equal("refresh_token_not_found", (await server.Anonymous.RefreshAsync("clienttoken1")).Code); // An OAuth client's.
        var signIn = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);
        Assert.Equal((200, Ada), (signIn.Status, (string?)signIn.User["id"]));
        Assert.Equal("""{"provider":"email","providers":["email","google"]}""", signIn.User["app_metadata"]!.ToJsonString());
        Assert.Equal("""{"full_name":"Ada L."}""", signIn.User["user_metadata"]!.ToJsonString());
        Assert.Equal(["email", "google"], signIn.User["identities"]!.AsArray().Select(identity => (string)identity!["provider"]!).Order(StringComparer.Ordinal));
        Assert.Equal("Ada L.", await server.Database.ScalarAsync<string>($"select full_name from public.profiles where id = '{Ada}'"));

        // From now on it is one of ours, with all of the password.
        Assert.StartsWith("AQAAAA", await server.Database.ScalarAsync<string>($"select encrypted_password from auth.users where id = '{Ada}'"), StringComparison.Ordinal);
        Assert.Equal(200, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
        Assert.Equal(400, (await server.Anonymous.SignInAsync("ada@example.com", "wrong password")).Status);

        Assert.Equal("""400 {"code":"user_banned","message":"User is banned"}""", (await server.Anonymous.SignInAsync("bob@example.com", Person.Password)).Whole);
        Assert.False(await server.Database.ScalarAsync<bool>("select bool_or(is_super_admin) is true or bool_or(confirmation_token <> '') is true from auth.users"));

        var refreshed = await server.Anonymous.RefreshAsync("newtoken1234");
        Assert.Equal((200, Ada), (refreshed.Status, (string?)refreshed.User["id"]));
        Assert.Equal(Session, (string?)Claims(refreshed.Text("access_token"))["session_id"]);
        Assert.DoesNotContain("token1234", await server.Database.ScalarAsync<string>("select string_agg(token || coalesce(parent, ''), ' ') from auth.refresh_tokens"), StringComparison.Ordinal);
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task Csv_of_users_and_of_identities_may_come_in_any_order_and_existing_accounts_stay_as_they_are()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var here = await server.SignUpAsync("eve");
        var identities = Write("identities.csv", $$"""
            id,user_id,identity_data,provider,last_sign_in_at,created_at,updated_at
            998877,{{Ada}},"{""sub"": ""998877""}",github,,2024-05-01 10:00:00+00,2024-05-01 10:00:00+00
            1234,{{Eve}},"{""sub"": ""1234""}",github,,2024-05-01 10:00:00+00,2024-05-01 10:00:00+00
            """);
        var users = Write("users.csv", $$"""
            id,email,encrypted_password,raw_app_meta_data,raw_user_meta_data,confirmed_at,created_at
            {{Ada}},ada@example.com,,"{""provider"": ""github"", ""providers"": [""github""]}",,2024-05-01T10:00:00Z,2024-05-01 10:00:00+02
            {{Eve}},EVE@example.com,,,,,
            {{here.Id}},other@example.com,,,,,
            {{Bob}},bob@example.com,,,,,
            {{Bob}},bob2@example.com,,,,,
            """);

        Assert.Equal((0,
            """
            2 accounts taken over, 3 skipped because their id or address exists.
            1 identities, 1 more made; 0 sessions go on.
            """), await ImportAsync(server, identities, users));

        Assert.Equal("eve@example.com", await server.Database.ScalarAsync<string>($"select email from auth.users where id = '{here.Id}'"));
        Assert.Equal(200, (await server.Anonymous.SignInAsync("eve@example.com", Person.Password)).Status);
        Assert.Equal(3, await server.Database.ScalarAsync<long>("select count(*) from auth.users"));
        Assert.Equal("github 998877", await server.Database.ScalarAsync<string>($"select string_agg(provider || ' ' || provider_id, ', ') from auth.identities where user_id = '{Ada}'"));
        Assert.Equal($"email {Bob}", await server.Database.ScalarAsync<string>($"select string_agg(provider || ' ' || provider_id, ', ') from auth.identities where user_id = '{Bob}'"));

        Assert.Equal((0,
            """
            0 accounts taken over, 5 skipped because their id or address exists.
            0 identities, 0 more made; 0 sessions go on.
            """), await ImportAsync(server, identities, users));
    }

    [Fact]
    public async Task Wrong_rows_are_named_without_their_values_and_nothing_is_written_unless_they_are_to_be_left_out()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var long5000 = new string('x', 5000);
        var file = Write("users.csv", $$"""
            id,email,encrypted_password,raw_user_meta_data,role,created_at,phone,is_sso_user
            {{Ada}},ada@example.com,,,,,,
            not-an-id,private@example.com,,,,,,
            ,private@example.com,,,,,,
            {{Bob}},private,,,,,,
            {{Bob}},private@example.com,$argon2id$v=19$m=65536$c2FsdA$aGFzaA,,,,,
            {{Bob}},private@example.com,$fbscrypt$v=1$private,,,,,
            {{Bob}},private@example.com,$2a$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy,,,,,
            {{Bob}},private@example.com,,[1],,,,
            {{Bob}},private@example.com,,{,,,,
            {{Bob}},private@example.com,,"{""a"":""\u0000""}",,,,
            {{Bob}},private@example.com,,"{""a"":""{{long5000}}""}",,,,
            {{Bob}},private@example.com,,,service_role,,,
            {{Bob}},private@example.com,,,,yesterday,,
            {{Bob}},private@example.com,,,,,abc,
            {{Bob}},private@example.com,,,,,,maybe
            """);
        (int Line, string Why)[] expected =
        [
            (3, "id is no uuid"), (4, "id is missing"), (5, "email is no address"),
            (6, "encrypted_password is an Argon2 hash, which Evolv cannot check; empty it, and its owner sets another by mail"),
            (7, "encrypted_password is a scrypt hash (Firebase), which Evolv cannot check; empty it, and its owner sets another by mail"),
            (8, "encrypted_password is no bcrypt hash of a cost between 4 and 15"),
            (9, "raw_user_meta_data is no JSON object"), (10, "raw_user_meta_data is no JSON"), (11, "raw_user_meta_data has a NUL"),
            (12, "raw_user_meta_data has more than 4096 bytes: it travels in every access token"), (13, "role is not authenticated"),
            (14, "created_at is no time"), (15, "phone is no number"), (16, "is_sso_user is neither true nor false"),
        ];

        var (code, output) = await ImportAsync(server, file);

        Assert.Equal(1, code);
        Assert.Equal(
            ["14 rows are wrong, so nothing was taken over; mend them, or say --skip-bad.", .. expected.Select(bad => $"{file}:{bad.Line}: auth.users: {bad.Why}")],
            output.Split('\n'));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.users"));

        (code, output) = await ImportAsync(server, file, "--skip-bad");
        Assert.Equal(0, code);
        Assert.StartsWith(
            """
            1 accounts taken over, 0 skipped because their id or address exists.
            0 identities, 1 more made; 0 sessions go on.
            14 rows were wrong and are left out.
            """, output, StringComparison.Ordinal);
        Assert.Equal(Ada, await server.Database.ScalarAsync<string>("select string_agg(id::text, ' ') from auth.users"));
    }

    [Theory]
    [InlineData("nothing.sql", "select 1;", "no rows of auth.users or auth.identities")]
    [InlineData("broken.sql", "COPY auth.users (id, email) FROM stdin;\na\n", "broken.sql:2: it has 1 values for 2 columns; nothing was taken over.")]
    [InlineData("binary.dump", "PGDMP\u0001\0\u0002'\0\0", "it is in pg_dump's own format; make text of it with pg_restore -f dump.sql; nothing was taken over.")]
    [InlineData("empty.csv", "", "no rows of auth.users or auth.identities")]
    public async Task Files_of_another_kind_are_refused(string name, string text, string why)
    {
        var server = await cluster.SharedServerAsync();

        var (code, output) = await ImportAsync(server, Write(name, text));

        Assert.Equal(1, code);
        Assert.Contains(why, output, StringComparison.Ordinal);
        Assert.Equal((1, $"evolv: {_folder}/missing.sql does not exist."), await ImportAsync(server, $"{_folder}/missing.sql"));
    }

    [Fact]
    public async Task Many_are_taken_over_in_one_go()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var hash = BCrypt.Net.BCrypt.HashPassword(Person.Password, 4);
        var file = Write("many.sql",
            "COPY auth.users (id, email, encrypted_password, raw_user_meta_data, email_confirmed_at) FROM stdin;\n" +
            string.Concat(Enumerable.Range(0, 12_000).Select(i => $"{Guid.NewGuid()}\tperson-{i}@example.com\t{hash}\t{{\"full_name\": \"Person {i}\"}}\t2024-05-01 10:00:00+00\n")) + "\\.\n");

        var (code, output) = await ImportAsync(server, file);

        Assert.Equal(0, code);
        Assert.StartsWith("12000 accounts taken over, 0 skipped", output, StringComparison.Ordinal);
        Assert.Contains("10000 rows …", output, StringComparison.Ordinal);
        Assert.Equal(200, (await server.Anonymous.SignInAsync("person-11999@example.com", Person.Password)).Status);
        Assert.Equal(12_000, await server.Database.ScalarAsync<long>("select count(*) from public.profiles"));
        Assert.Equal(12_000, await server.Database.ScalarAsync<long>("select count(*) from auth.identities"));
    }

    string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    static async Task<(int ExitCode, string Output)> ImportAsync(EvolvServer server, params string[] arguments)
    {
        var (exitCode, output, error) = await EvolvProcess.RunAsync(
            ["import-users", .. arguments], ("EVOLV__DATABASE__CONNECTIONSTRING", server.Database.Connections.Owner.ConnectionString));
        return (exitCode, (output + error).Trim());
    }

    static JsonNode Claims(string token) => JsonNode.Parse(Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Decode(token.Split('.')[1]))!;
}
