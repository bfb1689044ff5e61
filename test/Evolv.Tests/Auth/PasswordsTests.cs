using System.Diagnostics;
using Evolv.Auth;
using Evolv.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Auth;

public sealed class PasswordsTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hash_accepts_its_password_and_no_other()
    {
        using var passwords = New();
        var hash = await passwords.HashAsync("pässword\0x", Token);

        Assert.Equal(PasswordVerificationResult.Success, await passwords.VerifyAsync(hash, "pässword\0x", Token));
        Assert.Equal(PasswordVerificationResult.Failed, await passwords.VerifyAsync(hash, "pässword\0", Token));
        Assert.Equal(PasswordVerificationResult.Failed, await passwords.VerifyAsync(hash, "", Token));
        Assert.NotEqual(hash, await passwords.HashAsync("pässword\0x", Token));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAA")]
    [InlineData("$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("$2a$10$N9qo8uLOickgx2ZMRZoMye")]
    [InlineData("$2a$99$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("$2a$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")]
    [InlineData("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA")]
    public async Task What_is_no_hash_of_ours_fails(string? hash)
    {
        using var passwords = New();

        Assert.Equal(PasswordVerificationResult.Failed, await passwords.VerifyAsync(hash, "password", Token));
    }

    [Theory]
    [InlineData('a')]
    [InlineData('b')]
    [InlineData('y')]
    public async Task Hash_of_bcrypt_accepts_its_password_and_wants_to_be_replaced(char revision)
    {
        using var passwords = New();
        var hash = $"$2{revision}$" + BCrypt.Net.BCrypt.HashPassword("pässword\0x", 4)[4..];

        Assert.Equal(PasswordVerificationResult.SuccessRehashNeeded, await passwords.VerifyAsync(hash, "pässword\0x", Token));
        Assert.Equal(PasswordVerificationResult.Failed, await passwords.VerifyAsync(hash, "pässword\0", Token));
        Assert.Equal(PasswordVerificationResult.Failed, await passwords.VerifyAsync(hash, "", Token));
    }

    [Fact]
    public async Task Hash_of_bcrypt_counts_72_bytes_as_it_does_everywhere()
    {
        using var passwords = New();
        var hash = BCrypt.Net.BCrypt.HashPassword(new string('x', 72), 4);

        Assert.Equal(PasswordVerificationResult.SuccessRehashNeeded, await passwords.VerifyAsync(hash, new string('x', 72), Token));
        Assert.Equal(PasswordVerificationResult.SuccessRehashNeeded, await passwords.VerifyAsync(hash, new string('x', 72) + "y", Token));
        Assert.Equal(PasswordVerificationResult.Failed, await passwords.VerifyAsync(hash, new string('x', 71), Token));
    }

    // What it is for, that time does not tell from where an account came, is measured by ./evolv bench auth.
    [Fact]
    public void Who_fails_waits_for_the_slower_kind_of_hash()
    {
        var times = new HashTimes();
        times.Took(isBcrypt: false, TimeSpan.FromMilliseconds(150));

        Assert.Equal(TimeSpan.Zero, times.Left(TimeSpan.FromMilliseconds(150)));
        times.Took(isBcrypt: true, TimeSpan.FromMilliseconds(60));
        Assert.Equal(TimeSpan.FromMilliseconds(90), times.Left(TimeSpan.FromMilliseconds(60)));
        Assert.Equal(TimeSpan.Zero, times.Left(TimeSpan.FromMilliseconds(170)));
        times.Took(isBcrypt: true, TimeSpan.FromMilliseconds(1060));
        Assert.Equal(TimeSpan.FromMilliseconds(10), times.Left(TimeSpan.FromMilliseconds(150)));
    }

    [Fact]
    public async Task Too_many_at_once_are_refused_and_those_who_left_cost_nothing()
    {
        using var passwords = New();
        using var leaving = new CancellationTokenSource();

        var hashes = Enumerable.Range(0, 300).Select(_ => passwords.HashAsync("password", leaving.Token)).ToList();
        await leaving.CancelAsync();
        var outcomes = await Task.WhenAll(hashes.Select(async hash =>
        {
            try
            {
                await hash;
                return "hashed";
            }
            catch (OperationCanceledException)
            {
                return "left";
            }
            catch (AuthError error)
            {
                return $"{error.Status} {error.Code} {error.RetryAfterSeconds}";
            }
        }));

        Assert.InRange(outcomes.Count(outcome => outcome == "429 over_request_rate_limit 2"), 50, 100);
        Assert.InRange(outcomes.Count(outcome => outcome == "left"), 150, 202);
        Assert.Equal(PasswordVerificationResult.Failed, await passwords.VerifyAsync(null, "password", Token));
    }

    [Fact]
    public async Task Time_does_not_tell_whether_an_address_is_known()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        var (known, unknown) = (new List<double>(), new List<double>());

        for (var i = 0; i < 9; i++)
        {
            known.Add(await MeasureAsync(server, "ada@example.com"));
            unknown.Add(await MeasureAsync(server, $"nobody{i}@example.com"));
        }

        // Without a hash an answer takes a fiftieth; the bounds leave room for a busy machine.
        Assert.InRange(Median(unknown) / Median(known), 0.4, 2.5);
    }

    static async Task<double> MeasureAsync(EvolvServer server, string email)
    {
        var started = Stopwatch.GetTimestamp();
        var answer = await server.Anonymous.SignInAsync(email, "wrong password");
        Assert.Equal(400, answer.Status);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    static Passwords New(int iterations = 100_000) => new(Options.Create(new AuthOptions { PasswordIterations = iterations }), NullLogger<Passwords>.Instance);
}
