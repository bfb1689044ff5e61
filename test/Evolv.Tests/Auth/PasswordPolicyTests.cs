using System.Diagnostics;
using Evolv.Auth;
using Evolv.Tests.Support;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Auth;

public sealed class PasswordPolicyTests(EvolvCluster cluster)
{
    // Of the lists that breaches fill, year after year.
    const string Common = """
        password password1 Password1 password12 password123 password1234 passw0rd p@ssw0rd P@ssw0rd p@ssword pa$$word passwort password!
        12345678 123456789 1234567890 0123456789 0987654321 987654321 9876543210 87654321 123123123 12341234 12344321
        11111111 111111111 1111111111 00000000 000000000 22222222 66666666 88888888 99999999 12121212 11223344
        112233445566 123321123 147258369 159753456 789456123 741852963 123654789 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y
        1qaz2wsx 1qaz2wsx3edc 1qazxsw2 q1w2e3r4 q1w2e3r4t5 qwer1234 qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop
        qwertzuiop qweasdzxc qazwsxedc zaq12wsx asdfasdf asdfghjk asdfghjkl asdf1234 zxcvbnm1 zxcvbnm123 abcd1234
        abc12345 abcdefgh abcdefg1 a1234567 a12345678 a123456789 aa123456 aa12345678 iloveyou iloveyou1 iloveyou2
        sunshine princess football baseball superman batman123 starwars trustno1 whatever computer internet samsung1
        michelle jennifer jonathan charlie1 liverpool chelsea1 corvette mercedes maverick midnight mustang1 snowball
        dragon123 monkey123 shadow123 welcome1 welcome123 letmein1 letmein123 changeme changeme123 admin123 admin1234
        administrator root1234 test1234 test12345 testtest guest123 user1234 default1 secret123 master123 hello123
        helloworld google123 facebook linkedin pokemon1 killer123 access14 jordan23 blink182 metallica
        """;

    [Fact]
    public void Common_passwords_are_refused_however_they_are_written()
    {
        var policy = New();

        Assert.Equal("", string.Join(' ', Common.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries).Where(password => policy.Check(password)?.Reasons is not ["pwned"])));
    }

    [Theory]
    [InlineData("correct horse battery")]
    [InlineData("long enough")]
    [InlineData("another password")]
    [InlineData("Tr0ub4dor&3")]
    [InlineData("ichliebedich42")]
    [InlineData("пароль из слов")]
    [InlineData("\0\u0001\u0002\u0003 zero")]
    [InlineData("\ud800 half a pair")]
    public void Others_are_not(string password) => Assert.Null(New().Check(password));

    [Fact]
    public void Long_ones_are_judged_by_both_ends_and_repetition_is_none()
    {
        var policy = New();

        Assert.Null(policy.Check(new string('a', 100) + "bx7!kdq0zzt"));
        Assert.Null(policy.Check("bx7!kdq0zzt" + new string('a', 100)));
        Assert.NotNull(policy.Check(new string('a', 100)));
        Assert.NotNull(policy.Check(new string('1', 1000)));
    }

    [Theory]
    [InlineData(0, "correcthorse", true)]
    [InlineData(1, "correcthorse", false)]
    [InlineData(1, "correct horse", true)]
    [InlineData(3, "correct horse", false)]
    [InlineData(4, "correct horse battery", true)]
    public void Operator_may_ask_for_more(int strength, string password, bool isGood)
    {
        var weak = New(strength).Check(password);

        Assert.Equal(isGood, weak is null);
        if (!isGood)
            Assert.Equal(("Password is too easy to guess, please choose a longer or less predictable one.", "characters"), (weak!.Message, weak.Reasons.Single()));
    }

    [Fact]
    public async Task Weakness_is_told_as_GoTrue_tells_it_at_sign_up_and_at_a_sign_in_from_before()
    {
        await using var lax = await EvolvServer.StartAsync(cluster);
        Assert.Equal(200, (await lax.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = "correcthorse" })).Status);
        await using var strict = await EvolvServer.StartAsync(lax.Database, ("Auth:MinPasswordStrength", "3"));

        var signUp = await strict.Anonymous.PostAsync("signup", new { email = "bob@example.com", password = "correcthorse" });
        var signIn = await strict.Anonymous.SignInAsync("ada@example.com", "correcthorse");

        Assert.Equal(
            """422 {"code":"weak_password","message":"Password is too easy to guess, please choose a longer or less predictable one.","weak_password":{"reasons":["characters"]}}""",
            signUp.Whole);
        Assert.Equal(
            """{"message":"Password is too easy to guess, please choose a longer or less predictable one.","reasons":["characters"]}""",
            signIn.Body!["weak_password"]!.ToJsonString());
    }

    // The slowest that were found; measured alone some milliseconds.
    [Fact]
    public void Nobody_makes_it_slow()
    {
        var policy = New();
        policy.Check("warm up, please");
        var started = Stopwatch.GetTimestamp();

        foreach (var pattern in (string[])["4@8({[<369&#!1/|05$7+%2", "p@ssw0rd", "a", "1234567890", "qwertyuiopasdfgh", "1/1/1991"])
            policy.Check(string.Concat(Enumerable.Repeat(pattern, 1024))[..1024]);

        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalMilliseconds / 6, 0, 100);
    }

    [Fact]
    public void Many_may_ask_at_once()
    {
        var policy = New();

        Parallel.For(0, 200, i =>
        {
            Assert.NotNull(policy.Check("password123"));
            Assert.Null(policy.Check($"correct horse battery {i}"));
        });
    }

    static PasswordPolicy New(int strength = 0) => new(Options.Create(new AuthOptions { MinPasswordStrength = strength }));
}
