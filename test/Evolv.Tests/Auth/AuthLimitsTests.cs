using Evolv.Tests.Support;

namespace Evolv.Tests.Auth;

/// <summary>GoTrue's limits: by the address of the network, and never so that somebody is kept out of their own account.</summary>
public sealed class AuthLimitsTests(EvolvCluster cluster)
{
    static readonly (string, string)[] On =
    [
        ("RateLimits:Enabled", "true"), ("RateLimits:AuthPerMinute", "100000"), ("Http:TrustedProxies", "127.0.0.1"), ("Auth:ConfirmEmail", "true"),
    ];

    // A proxy on the loopback is trusted here, so one machine can be many.
    static HttpClient From(EvolvServer server, string address)
    {
        var client = server.ClientWith(server.PublishableKey, null);
        client.DefaultRequestHeaders.Add("X-Forwarded-For", address);
        return client;
    }

    static async Task<EvolvServer> WithAdaAsync(EvolvCluster cluster, params (string, string)[] settings)
    {
        var server = await EvolvServer.StartAsync(cluster, [.. On, .. settings]);
        using var home = From(server, "198.51.100.1");
        await home.PostAsync("signup", new { email = "ada@example.com", password = Person.Password });
        await server.Database.ExecuteAsync("update auth.users set email_confirmed_at = now()");
        return server;
    }

    [Fact]
    public async Task Thirty_wrong_passwords_from_one_place_are_enough_and_others_sign_in()
    {
        await using var server = await WithAdaAsync(cluster);
        using var attacker = From(server, "203.0.113.7");
        using var home = From(server, "198.51.100.1");

        var answers = new List<Answer>();
        for (var i = 0; i < 32; i++)
            answers.Add(await attacker.SignInAsync(i % 2 == 0 ? "ada@example.com" : $"person{i}@example.com", "wrong password"));
        var guessed = await attacker.SignInAsync("ada@example.com", Person.Password);
        var own = await home.SignInAsync("ada@example.com", Person.Password);

        Assert.Equal(30, answers.Count(answer => answer.Code == "invalid_credentials"));
        Assert.All(answers.Skip(30), answer => Assert.Equal(429, answer.Status));
        Assert.Equal("over_request_rate_limit", guessed.Code);
        Assert.True(guessed.Headers.RetryAfter!.Delta > TimeSpan.FromSeconds(200));
        Assert.Equal(200, own.Status);
    }

    [Fact]
    public async Task Forged_addresses_do_not_help_where_no_proxy_is_trusted()
    {
        await using var server = await EvolvServer.StartAsync(
            cluster, ("RateLimits:Enabled", "true"), ("RateLimits:AuthPerMinute", "100000"), ("Auth:Limits:WrongPasswords", "5"));

        var codes = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            using var client = From(server, $"203.0.113.{i}");
            codes.Add((await client.SignInAsync("ada@example.com", "wrong password")).Code);
        }

        Assert.Equal([.. Enumerable.Repeat("invalid_credentials", 5), "over_request_rate_limit", "over_request_rate_limit"], codes);
    }

    [Fact]
    public async Task Right_passwords_of_a_whole_school_are_no_attack()
    {
        await using var server = await WithAdaAsync(cluster, ("Auth:Limits:WrongPasswords", "3"));
        using var school = From(server, "198.51.100.1");

        for (var i = 0; i < 10; i++)
            Assert.Equal(200, (await school.SignInAsync("ada@example.com", Person.Password)).Status);
    }

    [Fact]
    public async Task One_place_asks_for_a_mail_to_an_address_once_a_minute_known_or_not()
    {
        await using var server = await WithAdaAsync(cluster, ("Auth:Limits:MailsToOne", "3"));
        using var one = From(server, "203.0.113.7");
        using var two = From(server, "203.0.113.8");
        const string TooSoon = """^429 \{"code":"over_email_send_rate_limit","message":"For security purposes, you can only request this after [0-9]+ seconds."\}$""";

        foreach (var email in (string[])["ada@example.com", "nobody@example.com"])
        {
            Assert.Equal("200 {}", (await one.PostAsync("recover", new { email })).Whole);
            Assert.Matches(TooSoon, (await one.PostAsync("recover", new { email })).Whole);
            Assert.Equal("200 {}", (await one.PostAsync("otp", new { email })).Whole);
            // A stranger's wishes do not make the owner wait, until they would fill the mailbox.
            Assert.Equal("200 {}", (await two.PostAsync("recover", new { email })).Whole);
            using var three = From(server, "203.0.113.9");
            using var four = From(server, "203.0.113.10");
            Assert.Equal("200 {}", (await three.PostAsync("recover", new { email })).Whole);
            Assert.Matches(TooSoon, (await four.PostAsync("recover", new { email })).Whole);
        }
    }

    [Fact]
    public async Task Two_hundred_guesses_at_once_are_still_thirty()
    {
        await using var server = await WithAdaAsync(cluster, ("Auth:Limits:WrongPasswords", "5"));
        using var attacker = From(server, "203.0.113.7");

        var wrong = Enumerable.Range(0, 40).Select(number => attacker.SignInAsync("ada@example.com", $"wrong password {number}")).ToArray();
        await Task.Delay(100, TestContext.Current.CancellationToken); // Behind them in the queue of hashes, and let in before any was found wrong.
        var answers = await Task.WhenAll([.. wrong, attacker.SignInAsync("ada@example.com", Person.Password)]);

        Assert.DoesNotContain(answers, answer => answer.Status == 200);
        Assert.InRange(answers.Count(answer => answer.Code == "invalid_credentials"), 1, 5);
    }

    [Fact]
    public async Task Mails_sign_ups_guests_and_tries_are_counted_by_place()
    {
        await using var server = await EvolvServer.StartAsync(cluster,
        [
            .. On, ("Auth:Limits:Mails", "3"), ("Auth:Limits:SignUps", "4"), ("Auth:Limits:Guests", "2"), ("Auth:Limits:Verifications", "3"), ("Auth:Limits:Tokens", "3"),
        ]);
        using var client = From(server, "203.0.113.7");
        async Task<string[]> CodesAsync(int times, Func<int, Task<Answer>> ask)
        {
            var codes = new List<string>();
            for (var i = 0; i < times; i++)
                codes.Add(await ask(i) is var answer && answer.Status == 200 ? "ok" : answer.Code);
            return [.. codes];
        }

        Assert.Equal(["ok", "ok", "ok", "over_email_send_rate_limit"], await CodesAsync(4, i => client.PostAsync("recover", new { email = $"p{i}@example.com" })));
        Assert.Equal(["ok", "ok", "over_request_rate_limit"], await CodesAsync(3, _ => client.PostAsync("signup", new { })));
        Assert.Equal(["otp_expired", "otp_expired", "otp_expired", "over_request_rate_limit"], await CodesAsync(4, i => client.PostAsync("verify", new { type = "email", email = "a@example.com", token = "123456" })));
        Assert.Equal(["refresh_token_not_found", "refresh_token_not_found", "refresh_token_not_found", "over_request_rate_limit"], await CodesAsync(4, i => client.RefreshAsync("x")));
        Assert.Equal(503, (await client.RefreshAsync("x")).Status);
        using var other = From(server, "203.0.113.9");
        Assert.Equal(
            ["over_email_send_rate_limit", "over_email_send_rate_limit"], // The mails of this place are spent, whatever is asked.
            await CodesAsync(2, i => client.PostAsync("signup", new { email = $"q{i}@example.com", password = Person.Password })));
        Assert.Equal(
            ["ok", "ok", "ok", "over_email_send_rate_limit", "over_request_rate_limit"],
            await CodesAsync(5, i => other.PostAsync("otp", new { email = $"r{i}@example.com" })));
    }

    [Fact]
    public async Task Five_tries_of_digits_from_one_place_leave_them_to_their_owner()
    {
        await using var server = await WithAdaAsync(cluster);
        using var attacker = From(server, "203.0.113.7");
        using var home = From(server, "198.51.100.1");
        await home.PostAsync("otp", new { email = "ada@example.com" });
        var digits = (await server.LastMailToAsync("ada@example.com")).Digits;

        for (var i = 0; i < 5; i++)
            await attacker.PostAsync("verify", new { type = "email", email = "ada@example.com", token = digits == "000000" ? "000001" : "000000" });
        var sixth = await attacker.PostAsync("verify", new { type = "email", email = "ada@example.com", token = digits });
        var own = await home.PostAsync("verify", new { type = "email", email = "ada@example.com", token = digits });

        Assert.Equal("otp_expired", sixth.Code);
        Assert.Equal(200, own.Status);
    }
}
