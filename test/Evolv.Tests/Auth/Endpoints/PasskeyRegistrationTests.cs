using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Auth.Passkeys;
using Evolv.Tests.Support;
using static Evolv.Tests.Auth.Passkeys.PasskeyClient;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class PasskeyRegistrationTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Browser_learns_what_to_make()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await server.BeginRegistrationAsync(ada.AccessToken);

        var challenge = answer.Body!["options"]!["challenge"]!.GetValue<string>();
        Assert.Equal(32, Base64Url.DecodeFromChars(challenge).Length);
        Assert.Equal(4, Guid.Parse(answer.Text("challenge_id")).Version); // Not to be guessed from the time.
        Assert.InRange(answer.Body["expires_at"]!.GetValue<long>() - TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), 290, 300);
        var expected = new JsonObject
        {
            ["challenge_id"] = answer.Text("challenge_id"),
            ["options"] = new JsonObject
            {
                ["rp"] = new JsonObject { ["name"] = "Evolv", ["id"] = "localhost" },
                ["user"] = new JsonObject
                {
                    ["name"] = "ada@example.com",
                    ["displayName"] = "ada@example.com",
                    ["id"] = Base64Url.EncodeToString(Encoding.ASCII.GetBytes(ada.Id.ToString())),
                },
                ["challenge"] = challenge,
                ["pubKeyCredParams"] = new JsonArray([.. new[] { -7, -35, -36, -257, -258, -259, -37, -38, -39, -8 }.Select(
                    algorithm => new JsonObject { ["type"] = "public-key", ["alg"] = algorithm })]),
                ["timeout"] = 300_000,
                ["authenticatorSelection"] = new JsonObject
                {
                    ["residentKey"] = "required",
                    ["requireResidentKey"] = true,
                    ["userVerification"] = "preferred",
                },
                ["attestation"] = "none",
            },
            ["expires_at"] = answer.Body["expires_at"]!.GetValue<long>(),
        };
        Assert.True(JsonNode.DeepEquals(expected, answer.Body), answer.Whole);
    }

    [Fact]
    public async Task Person_adds_a_passkey()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync("""update auth.users set raw_user_meta_data = raw_user_meta_data || '{"name": "Ada L."}'""");
        var authenticator = new SoftAuthenticator
        {
            Aaguid = Guid.Parse("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"),
            IsBackupEligible = true,
            IsBackedUp = true,
        };
        var begun = await server.BeginRegistrationAsync(ada.AccessToken);

        var answer = await server.EndRegistrationAsync(ada.AccessToken, begun.Text("challenge_id"), authenticator.Create(begun.Body!["options"]!));

        Assert.Equal("Ada L.", begun.Body!["options"]!["user"]!["displayName"]!.GetValue<string>());
        Assert.Equal(
            $$"""200 {"id":"{{answer.Text("id")}}","friendly_name":"Google Password Manager","created_at":"{{answer.Text("created_at")}}"}""", answer.Whole);
        Assert.EndsWith("Z", answer.Text("created_at"), StringComparison.Ordinal);
        Assert.Equal(
            $"{ada.Id} {Convert.ToHexStringLower(authenticator.CredentialId)} none ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4 0 [\"hybrid\", \"internal\"] true true",
            await server.Database.ScalarAsync<string>(
                """
                select concat_ws(' ', user_id, encode(credential_id, 'hex'), attestation_type, aaguid, sign_count, transports, backup_eligible::text, backed_up::text)
                from auth.webauthn_credentials
                """));
        Assert.Equal(
            $$"""passkey_created user ada@example.com {"passkey_id": "{{answer.Text("id")}}"}""",
            await server.Database.ScalarAsync<string>(
                """
                select concat_ws(' ', payload ->> 'action', payload ->> 'log_type', payload ->> 'actor_username', payload ->> 'traits')
                from auth.audit_log_entries order by created_at desc, id desc limit 1
                """));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.webauthn_challenges"));
        // An authenticator that has it is told so.
        var next = await server.BeginRegistrationAsync(ada.AccessToken);
        Assert.Equal(
            $$"""[{"type":"public-key","id":"{{Base64Url.EncodeToString(authenticator.CredentialId)}}"}]""",
            next.Body!["options"]!["excludeCredentials"]!.ToJsonString());
    }

    [Fact]
    public async Task Every_port_of_localhost_and_every_usual_kind_of_key_is_welcome()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        foreach (var key in new[] { SoftKey.Es256(), SoftKey.Rs256(), SoftKey.EdDsa() })
        {
            var authenticator = new SoftAuthenticator(key) { Origin = $"https://localhost:{3000 - key.Algorithm}" };
            Assert.Equal("Passkey", (await server.RegisterAsync(ada.AccessToken, authenticator)).Text("friendly_name"));
            Assert.Equal((key.Algorithm, 200), (key.Algorithm, (await server.SignInWithAsync(authenticator)).Status));
        }
    }

    [Fact]
    public async Task Strangers_and_guests_add_none()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var guest = await server.TokenOfGuestAsync();
        const string NoSubject = """403 {"code":"bad_jwt","message":"invalid claim: missing sub claim"}""";

        foreach (var path in new[] { "passkeys/registration/options", "passkeys/registration/verify" })
        {
            Assert.Equal(
                """401 {"code":"no_authorization","message":"This endpoint requires a valid Bearer token"}""", (await server.Keyless.SendAsync(path, "{}")).Whole);
            Assert.Equal(NoSubject, (await server.Anonymous.SendAsync(path, "{}")).Whole);
            Assert.Equal(NoSubject, (await server.Service.SendAsync(path, "{}")).Whole);
            Assert.Equal(
                """403 {"code":"no_authorization","message":"Anonymous user not allowed to perform these actions"}""",
                (await server.Anonymous.SendAsync(path, "{}", guest)).Whole);
        }

        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.webauthn_challenges"));
    }

    [Fact]
    public async Task Lies_are_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        using var maker = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("C=DE, O=Eve, OU=Authenticator Attestation, CN=Eve", maker, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var raw = certificate.RawData;
        (string What, SoftAuthenticator Authenticator)[] cases =
        [
            ("origin", new() { Origin = "https://evil.example" }),
            ("origin with a host that looks like ours", new() { Origin = "http://localhost.evil.example:5173" }),
            ("origin with a path", new() { Origin = "http://localhost:5173/" }),
            ("origin with a user", new() { Origin = "http://localhost@evil.example" }),
            ("origin of another scheme", new() { Origin = "ftp://localhost" }),
            ("origin that is none", new() { Origin = "" }),
            ("frame of another site", new() { CrossOrigin = true }),
            ("domain", new() { RpId = "evil.example" }),
            ("type", new() { CreationType = "webauthn.get" }),
            ("type that is none", new() { CreationType = "" }),
            ("nobody there", new() { IsUserPresent = false }),
            ("backed up though it cannot be", new() { IsBackedUp = true }),
            ("no id", new() { CredentialId = [] }),
            ("id too long", new() { CredentialId = new byte[1024] }),
            ("algorithm that was not offered", new(SoftKey.Es256K())),
            ("key that is none", new() { PublicKey = [0xA0] }),
            ("key that is no map", new() { PublicKey = [0x01] }),
            ("key that is no CBOR", new() { PublicKey = [0xFF, 0xFF] }),
            ("no key", new() { PublicKey = [] }),
            ("point that is not on the curve", new() { PublicKey = SoftKey.Map((1, 2), (3, -7), (-1, 1), (-2, new byte[32]), (-3, new byte[32])) }),
            ("key whose kind and algorithm differ", new() { PublicKey = SoftKey.Map((1, 3), (3, -7), (-1, new byte[8]), (-2, new byte[3])) }),
            ("key nested without end", new() { PublicKey = Nested(30_000) }),
            ("extensions nested without end", new() { Extensions = Nested(30_000) }),
            ("extensions that are cut off", new() { Extensions = [0xA1] }),
            ("statement nested without end", new() { Statement = (cbor, _) => cbor.WriteEncodedValue(Nested(200)) }),
            ("unknown attestation", new() { Format = "sealing-wax" }),
            ("attestation that signs nothing", new() { Format = "packed" }),
            ("attestation of somebody else", new() { Format = "packed", Statement = (cbor, _) => Packed(cbor, new byte[70], null) }),
            ("attestation with certificates", new() { Format = "packed", Statement = (cbor, bytes) => Packed(cbor, maker.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence), raw) }),
            ("attestation that makes a server ask around", new() { Format = "android-safetynet" }),
        ];

        var believed = new List<string>();
        foreach (var (what, authenticator) in cases)
        {
            var answer = await server.RegisterAsync(ada.AccessToken, authenticator);
            if (answer.Whole != (authenticator.CredentialId.Length is 0 or > 1023 ? Malformed : Refused))
                believed.Add($"{what}: {answer.Whole}");
        }

        Assert.Empty(believed);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.webauthn_credentials"));
    }

    [Fact]
    public async Task Attestation_by_the_key_itself_is_accepted()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var authenticator = new SoftAuthenticator { Format = "packed" };
        authenticator.Statement = (cbor, bytes) => Packed(cbor, authenticator.Sign(bytes), null);

        var answer = await server.RegisterAsync(ada.AccessToken, authenticator);

        Assert.True(answer.Status == 200, answer.Whole);
        Assert.Equal("packed", await server.Database.ScalarAsync<string>("select attestation_type from auth.webauthn_credentials"));
    }

    [Fact]
    public async Task What_is_malformed_is_refused_and_spends_the_challenge()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        (string What, Action<JsonObject> Spoil)[] cases =
        [
            ("no response", credential => credential.Remove("response")),
            ("response is text", credential => credential["response"] = "x"),
            ("id is a number", credential => credential["id"] = 1),
            ("another id", credential => credential["id"] = "AAAA"),
            ("no raw id", credential => credential.Remove("rawId")),
            ("null raw id", credential => credential["rawId"] = null),
            ("raw id is no base64url", credential => credential["rawId"] = "!!!"),
            ("another type", credential => credential["type"] = "password"),
            ("client data is no base64url", credential => credential["response"]!["clientDataJSON"] = "%%%"),
            ("no client data", credential => credential["response"]!.AsObject().Remove("clientDataJSON")),
            ("attestation is missing", credential => credential["response"]!.AsObject().Remove("attestationObject")),
            ("attestation is null", credential => credential["response"]!["attestationObject"] = null),
            ("transports are text", credential => credential["response"]!["transports"] = "usb"),
        ];
        (string What, Action<JsonObject> Spoil)[] refused =
        [
            ("id of another key", credential => (credential["id"], credential["rawId"]) = ("AAAA", "AAAA")),
            ("client data is no JSON", credential => credential["response"]!["clientDataJSON"] = Text("{")),
            ("client data is a list", credential => credential["response"]!["clientDataJSON"] = Text("[]")),
            ("client data is null", credential => credential["response"]!["clientDataJSON"] = Text("null")),
            ("client data is empty", credential => credential["response"]!["clientDataJSON"] = ""),
            ("client data says nothing", credential => credential["response"]!["clientDataJSON"] = Text("{}")),
            ("client data is nested", credential => credential["response"]!["clientDataJSON"] = Text(new string('[', 20_000))),
            ("another challenge", credential => credential["response"]!["clientDataJSON"] = Text(
                """{"type":"webauthn.create","challenge":"AAAA","origin":"http://localhost:5173"}""")),
            ("attestation is empty", credential => credential["response"]!["attestationObject"] = ""),
            ("attestation is no CBOR", credential => credential["response"]!["attestationObject"] = "_____w"),
            ("attestation is a number", credential => credential["response"]!["attestationObject"] = "AQ"),
            ("attestation is an empty map", credential => credential["response"]!["attestationObject"] = "oA"),
            ("attestation is nested", credential => credential["response"]!["attestationObject"] = Base64Url.EncodeToString(Nested(30_000))),
            ("attestation is cut off", credential => credential["response"]!["attestationObject"] = credential["response"]!["attestationObject"]!.GetValue<string>()[..40]),
        ];

        foreach (var (what, spoil) in cases.Concat(refused))
        {
            var begun = await server.BeginRegistrationAsync(ada.AccessToken);
            var credential = new SoftAuthenticator().Create(begun.Body!["options"]!);
            var spoiled = credential.DeepClone().AsObject();
            spoil(spoiled);
            Assert.Equal(
                (what, refused.Any(one => one.What == what) ? Refused : Malformed),
                (what, (await server.EndRegistrationAsync(ada.AccessToken, begun.Text("challenge_id"), spoiled)).Whole));
            Assert.Equal((what, NoChallenge), (what, (await server.EndRegistrationAsync(ada.AccessToken, begun.Text("challenge_id"), credential)).Whole));
        }

        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.webauthn_credentials"));
    }

    [Fact]
    public async Task Bad_bodies_are_refused_and_spend_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var begun = await server.BeginRegistrationAsync(ada.AccessToken);
        var id = begun.Text("challenge_id");
        (string Body, string Expected)[] cases =
        [
            ("{}", """400 {"code":"validation_failed","message":"challenge_id is required"}"""),
            ("""{"challenge_id":"","credential":{}}""", """400 {"code":"validation_failed","message":"challenge_id is required"}"""),
            ("""{"challenge_id":"x","credential":{}}""", """400 {"code":"validation_failed","message":"challenge_id must be a valid UUID"}"""),
            ($$"""{"challenge_id":"{{id}}"}""", """400 {"code":"validation_failed","message":"credential is required"}"""),
            ($$"""{"challenge_id":"{{id}}","credential":null}""", """400 {"code":"validation_failed","message":"credential is required"}"""),
            ("""{"challenge_id":1}""", """400 {"code":"bad_json","message":"Could not parse request body as JSON: unexpected value at $.challenge_id"}"""),
            ("{", """400 {"code":"bad_json","message":"Could not parse request body as JSON: it is malformed"}"""),
            ("", """400 {"code":"bad_json","message":"Could not parse request body as JSON: it is malformed"}"""),
            ($$"""{"challenge_id":"{{id}}","credential":"{{new string('x', 70_000)}}"}""",
                """413 {"code":"request_entity_too_large","message":"Request body is too large"}"""),
        ];

        foreach (var (body, expected) in cases)
            Assert.Equal((body, expected), (body, (await server.Anonymous.SendAsync("passkeys/registration/verify", body, ada.AccessToken)).Whole));

        var answer = await server.EndRegistrationAsync(ada.AccessToken, id, new SoftAuthenticator().Create(begun.Body!["options"]!));
        Assert.True(answer.Status == 200, answer.Whole);
    }

    [Fact]
    public async Task Challenge_is_good_for_one_person_one_ceremony_and_five_minutes()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        var ofAda = await server.BeginRegistrationAsync(ada.AccessToken);
        var late = await server.BeginRegistrationAsync(ada.AccessToken);
        var signIn = await server.BeginSignInAsync();
        var (credential, old) = (new SoftAuthenticator().Create(ofAda.Body!["options"]!), new SoftAuthenticator().Create(late.Body!["options"]!));
        await server.Database.ExecuteAsync(
            $"update auth.webauthn_challenges set expires_at = expires_at - interval '301 seconds' where id = '{late.Text("challenge_id")}'");

        Assert.Equal(NoChallenge, (await server.EndRegistrationAsync(bob.AccessToken, ofAda.Text("challenge_id"), credential)).Whole);
        Assert.Equal(NoChallenge, (await server.EndRegistrationAsync(ada.AccessToken, signIn.Text("challenge_id"), credential)).Whole);
        Assert.Equal(NoChallenge, (await server.EndRegistrationAsync(ada.AccessToken, Guid.Empty.ToString(), credential)).Whole);
        Assert.Equal(NoChallenge, (await server.EndSignInAsync(ofAda.Text("challenge_id"), credential)).Whole);
        Assert.Equal(
            """400 {"code":"webauthn_challenge_expired","message":"Challenge has expired"}""",
            (await server.EndRegistrationAsync(ada.AccessToken, late.Text("challenge_id"), old)).Whole);
        Assert.Equal(NoChallenge, (await server.EndRegistrationAsync(ada.AccessToken, late.Text("challenge_id"), old)).Whole);
        Assert.Equal(200, (await server.EndRegistrationAsync(ada.AccessToken, ofAda.Text("challenge_id"), credential)).Status);
    }

    [Fact]
    public async Task Of_twenty_at_once_one_adds_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var begun = await server.BeginRegistrationAsync(ada.AccessToken);
        var credential = new SoftAuthenticator().Create(begun.Body!["options"]!);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            server.EndRegistrationAsync(ada.AccessToken, begun.Text("challenge_id"), credential)));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal(NoChallenge, answer.Whole));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.webauthn_credentials"));
    }

    [Fact]
    public async Task Ten_are_the_most_however_fast_they_come()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        const string TooMany = """422 {"code":"too_many_passkeys","message":"Maximum number of passkeys reached"}""";
        var begun = await Task.WhenAll(Enumerable.Range(0, 15).Select(_ => server.BeginRegistrationAsync(ada.AccessToken)));

        var answers = await Task.WhenAll(begun.Select(one =>
            server.EndRegistrationAsync(ada.AccessToken, one.Text("challenge_id"), new SoftAuthenticator().Create(one.Body!["options"]!))));

        Assert.Equal(10, answers.Count(answer => answer.Status == 200));
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal(TooMany, answer.Whole));
        Assert.Equal(TooMany, (await server.Anonymous.SendAsync("passkeys/registration/options", "{}", ada.AccessToken)).Whole);
        Assert.Equal(10, await server.Database.ScalarAsync<long>("select count(*) from auth.webauthn_credentials"));
    }

    [Fact]
    public async Task One_passkey_is_one_persons_once()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        var (authenticator, _) = await server.AddPasskeyAsync(ada.AccessToken);
        const string Exists = """422 {"code":"webauthn_credential_exists","message":"This credential is already registered"}""";

        var again = await server.RegisterAsync(ada.AccessToken, authenticator);
        var stolen = await server.RegisterAsync(bob.AccessToken, new SoftAuthenticator { CredentialId = authenticator.CredentialId });

        Assert.Equal(Exists, again.Whole);
        Assert.Equal(Exists, stolen.Whole);
        Assert.Equal($"{ada.Id}", await server.Database.ScalarAsync<string>("select string_agg(user_id::text, ' ') from auth.webauthn_credentials"));
    }

    [Fact]
    public async Task Who_has_a_second_factor_shows_it_first()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var early = await server.BeginRegistrationAsync(ada.AccessToken);
        var (_, raised) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var lower = (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token");

        Assert.Equal(NeedsAal2, (await server.Anonymous.SendAsync("passkeys/registration/options", "{}", lower)).Whole);
        Assert.Equal(NeedsAal2, (await server.EndRegistrationAsync(
            lower, early.Text("challenge_id"), new SoftAuthenticator().Create(early.Body!["options"]!))).Whole);
        Assert.Equal(200, (await server.RegisterAsync(raised.Text("access_token"), new SoftAuthenticator())).Status);
    }

    [Fact]
    public async Task Who_must_show_a_finger_shows_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:Passkeys:RequireUserVerification", "true"));
        var ada = await server.SignUpAsync("ada");

        var begun = await server.BeginRegistrationAsync(ada.AccessToken);
        var without = await server.RegisterAsync(ada.AccessToken, new SoftAuthenticator { IsUserVerified = false });
        var with = await server.RegisterAsync(ada.AccessToken, new SoftAuthenticator());

        Assert.Equal("required", begun.Body!["options"]!["authenticatorSelection"]!["userVerification"]!.GetValue<string>());
        Assert.Equal(Refused, without.Whole);
        Assert.Equal(200, with.Status);
    }

    [Fact]
    public async Task Session_that_ended_adds_none()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var begun = await server.BeginRegistrationAsync(ada.AccessToken);
        var credential = new SoftAuthenticator().Create(begun.Body!["options"]!);
        await server.Anonymous.PostAsync("logout", null, ada.AccessToken);

        var answer = await server.EndRegistrationAsync(ada.AccessToken, begun.Text("challenge_id"), credential);

        Assert.Equal((403, "session_not_found"), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task Options_have_a_limit_and_leave_nothing_behind()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("RateLimits:Enabled", "true"), ("Auth:Limits:Passkeys", "3"));
        for (var i = 0; i < 3; i++)
            await server.BeginSignInAsync();

        var refused = await server.Anonymous.SendAsync("passkeys/authentication/options", "{}");
        var alike = await server.Anonymous.SendAsync("passkeys/authentication/verify", "{}");

        Assert.Equal("""429 {"code":"over_request_rate_limit","message":"Request rate limit reached"}""", refused.Whole);
        Assert.Equal(refused.Whole, alike.Whole);
        Assert.Equal(3, await server.Database.ScalarAsync<long>("select count(*) from auth.webauthn_challenges"));
        await server.Database.ExecuteAsync("update auth.webauthn_challenges set expires_at = now() - interval '1 hour' where ctid in (select ctid from auth.webauthn_challenges limit 2)");
        await Upkeep(server).CleanAsync(Token);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.webauthn_challenges"));
    }

    static Evolv.Auth.Upkeep Upkeep(EvolvServer server)
        => ((IEnumerable<Microsoft.Extensions.Hosting.IHostedService>)server.Services.GetService(typeof(IEnumerable<Microsoft.Extensions.Hosting.IHostedService>))!)
            .OfType<Evolv.Auth.Upkeep>().Single();

    static string Text(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    // Lists of one list each, which must not be followed to their end: that would end the process.
    static byte[] Nested(int depth) => [.. Enumerable.Repeat((byte)0x81, depth), 0x01];

    static void Packed(CborWriter cbor, byte[] signature, byte[]? certificate)
    {
        cbor.WriteStartMap(certificate is null ? 2 : 3);
        cbor.WriteTextString("alg");
        cbor.WriteInt32(-7);
        cbor.WriteTextString("sig");
        cbor.WriteByteString(signature);
        if (certificate is not null)
        {
            cbor.WriteTextString("x5c");
            cbor.WriteStartArray(1);
            cbor.WriteByteString(certificate);
            cbor.WriteEndArray();
        }

        cbor.WriteEndMap();
    }
}
