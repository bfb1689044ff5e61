using Evolv.Tests.Rest;
using Evolv.Tests.Support;
using MimeKit;

namespace Evolv.Tests.Auth.Mail;

public sealed class MailDeliveryTests(EvolvCluster cluster)
{
    const string Email = "ada@example.com";

    // Who has a mail server confirms addresses, unless told otherwise.
    static readonly object Account = new { email = Email, password = Person.Password };

    static Task DelayAllAsync(EvolvServer server) => server.Database.ExecuteAsync("update auth.mails set next_attempt_at = now()");

    static Task<string> StateAsync(EvolvServer server)
        => server.Database.ScalarAsync<string>("select status || ' ' || attempts || ' ' || coalesce(last_error, '') from auth.mails");

    static async Task<MimeMessage> ArrivalAsync(SmtpStandIn smtp)
    {
        await Eventually.IsTrueAsync(() => Task.FromResult(!smtp.Mails.IsEmpty));
        return smtp.Mails.First();
    }

    [Fact]
    public async Task Mail_arrives_with_a_link_in_text_and_html_and_is_forgotten_here()
    {
        await using var smtp = new SmtpStandIn();
        await using var server = await EvolvServer.StartAsync(cluster, smtp.Settings);

        var answer = await server.Anonymous.PostAsync("signup", Account);
        var mail = await ArrivalAsync(smtp);

        Assert.True(answer.Status == 200 && !answer.Body!.ContainsKey("access_token"), answer.Whole);
        Assert.Equal("evolv canary-of-the-mail-server", smtp.Login);
        Assert.Equal("\"School\" <school@example.org>", mail.From.ToString());
        Assert.Equal(Email, mail.To.ToString());
        Assert.Equal("auto-generated", mail.Headers["Auto-Submitted"]);
        var link = new CaughtMail("", "", "", mail.TextBody!.ReplaceLineEndings("\n"), "").Link;
        Assert.Contains(link.Replace("&", "&amp;", StringComparison.Ordinal), mail.HtmlBody, StringComparison.Ordinal);
        Assert.NotNull((await server.FollowAsync(link)).Part("access_token"));
        await Eventually.IsTrueAsync(async () => await StateAsync(server) == "sent 1 ");
        Assert.Equal("", await server.Database.ScalarAsync<string>("select text_body || html_body from auth.mails"));
    }

    [Theory]
    [InlineData(nameof(SmtpMood.Later), "come again")]
    [InlineData(nameof(SmtpMood.Busy), "too many connections")]
    [InlineData(nameof(SmtpMood.Silent), "")]
    [InlineData(nameof(SmtpMood.HangUpAfterData), "")]
    public async Task Mail_server_in_trouble_delays_mail_and_breaks_nothing(string mood, string error)
    {
        await using var smtp = new SmtpStandIn { Mood = Enum.Parse<SmtpMood>(mood) };
        await using var server = await EvolvServer.StartAsync(cluster, smtp.Settings);

        var answer = await server.Anonymous.PostAsync("signup", Account);
        await Eventually.IsTrueAsync(async () => await server.Database.ScalarAsync<bool>("select last_error is not null from auth.mails"));
        var state = await StateAsync(server);
        smtp.Mood = SmtpMood.Accept;
        await DelayAllAsync(server);

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("waiting ", state, StringComparison.Ordinal);
        Assert.Contains(error, state, StringComparison.Ordinal);
        Assert.NotNull((await ArrivalAsync(smtp)).TextBody);
    }

    [Fact]
    public async Task Mail_server_that_is_down_gets_the_mail_when_it_is_back()
    {
        int port;
        await using (var down = new SmtpStandIn())
            port = down.Port;
        await using var server = await EvolvServer.StartAsync(
            cluster, ("Auth:Mail:Host", "127.0.0.1"), ("Auth:Mail:Port", $"{port}"), ("Auth:Mail:Security", "none"));

        var answer = await server.Anonymous.PostAsync("signup", Account);
        await Eventually.IsTrueAsync(async () => await server.Database.ScalarAsync<bool>("select last_error is not null from auth.mails"));

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("waiting 1 ", await StateAsync(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_recipient_is_given_up_and_others_are_served()
    {
        await using var smtp = new SmtpStandIn { Mood = SmtpMood.Refuse };
        await using var server = await EvolvServer.StartAsync(cluster, smtp.Settings);
        await server.Anonymous.PostAsync("signup", Account);
        await Eventually.IsTrueAsync(async () => (await StateAsync(server)).StartsWith("failed 1 ", StringComparison.Ordinal));

        smtp.Mood = SmtpMood.Accept;
        await server.Anonymous.PostAsync("signup", new { email = "bob@example.com", password = Person.Password });

        Assert.Equal("bob@example.com", (await ArrivalAsync(smtp)).To.ToString());
    }

    [Fact]
    public async Task Two_servers_send_each_mail_once()
    {
        await using var smtp = new SmtpStandIn();
        await using var one = await EvolvServer.StartAsync(cluster, smtp.Settings);
        await using var other = await EvolvServer.StartAsync(one.Database, smtp.Settings);

        await Task.WhenAll(Enumerable.Range(0, 30).Select(number => (number % 2 == 0 ? one : other).Anonymous.PostAsync(
            "otp", new { email = $"person{number}@example.com" })));
        await Eventually.IsTrueAsync(async () => await one.Database.ScalarAsync<long>("select count(*) from auth.mails where status = 'sent'") == 30);

        Assert.Equal(30, smtp.Mails.Count);
        Assert.Equal(30, smtp.Mails.Select(mail => mail.To.ToString()).Distinct().Count());
    }

    [Fact]
    public async Task Pretended_mails_go_nowhere()
    {
        await using var smtp = new SmtpStandIn();
        await using var server = await EvolvServer.StartAsync(cluster, smtp.Settings);

        await server.Anonymous.PostAsync("recover", new { email = "nobody@example.com" });
        await Eventually.IsTrueAsync(async () => await server.Database.ScalarAsync<long>("select count(*) from auth.mails") == 0);

        Assert.Equal(0, smtp.Connections);
    }
}
