using System.Text.RegularExpressions;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth;

/// <summary>Whether an address has an account is told by no status and no body; the bench has the times.</summary>
public sealed class EnumerationTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Known_and_unknown_addresses_answer_alike()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:ConfirmEmail", "true"));
        await server.Anonymous.PostAsync("signup", new { email = "known@example.com", password = Person.Password });
        await server.FollowAsync((await server.LastMailToAsync("known@example.com")).Link);
        (string Path, Func<string, object> Body)[] doors =
        [
            ("signup", email => new { email, password = "another long password" }),
            ("token?grant_type=password", email => new { email, password = "wrong password" }),
            ("recover", email => new { email }),
            ("otp", email => new { email }),
            ("otp", email => new { email, create_user = false }),
            ("resend", email => new { type = "signup", email }),
            ("resend", email => new { type = "email_change", email }),
        ];

        foreach (var (path, body) in doors)
        {
            var known = await server.Anonymous.PostAsync(path, body("known@example.com"));
            var unknown = await server.Anonymous.PostAsync(path, body($"{Guid.NewGuid():N}@example.com"));
            Assert.Equal(Blind(unknown), Blind(known));
            Assert.Equal(Names(unknown), Names(known));
        }
    }

    // Without what is another in every answer.
    static string Blind(Answer answer)
        => Regex.Replace(answer.Whole, """"[^"]*@example\.com"|"[0-9a-f]{8}-[0-9a-f-]{27}"|"[0-9]{4}-[0-9-]{5}T[^"]+"""", "\"…\"");

    static string Names(Answer answer) => string.Join(' ', answer.Headers.Select(header => header.Key).Order(StringComparer.Ordinal));
}
