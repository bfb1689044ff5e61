using BenchmarkDotNet.Attributes;
using Evolv.Auth;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Evolv.Bench.Auth;

/// <summary>What a password costs: to hash it, to find it right, to find it wrong whatever kind of hash it has, and to judge it.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class PasswordsBench : IDisposable
{
    const string Password = "correct horse battery";

    readonly Passwords _passwords = new(Options.Create(new AuthOptions()), NullLogger<Passwords>.Instance);
    readonly PasswordPolicy _policy = new(Options.Create(new AuthOptions()));
    string _ours = "";
    string _bcrypt = "";

    [GlobalSetup]
    public void Setup()
    {
        _ours = _passwords.Hash(Password);
        _bcrypt = BCrypt.Net.BCrypt.HashPassword(Password, 10);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _passwords.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public Task<string> Hash() => _passwords.HashAsync(Password, default);

    [Benchmark]
    public Task Right() => _passwords.VerifyAsync(_ours, Password, default);

    [Benchmark]
    public Task Wrong() => _passwords.VerifyAsync(_ours, "wrong", default);

    [Benchmark]
    public Task WrongOfBcrypt() => _passwords.VerifyAsync(_bcrypt, "wrong", default);

    [Benchmark]
    public Task OfNobody() => _passwords.VerifyAsync(null, "wrong", default);

    [Benchmark]
    public object? Judge() => _policy.Check(Password);
}
