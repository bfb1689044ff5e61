using System.Collections.Concurrent;
using System.Diagnostics;
using Evolv.Platform.Observability;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Evolv.Auth;

/// <summary>
/// Hashes and checks passwords (PBKDF2-HMAC-SHA512 of ASP.NET Core Identity; bcrypt of accounts that were taken over). A hash takes a tenth of
/// a second of pure computing, so it has threads of its own, one per core: requests that need no password never wait behind it.
/// </summary>
sealed class Passwords : IDisposable
{
    const int LongestQueue = 200;

    readonly PasswordHasher<object> _hasher;
    readonly BlockingCollection<Action> _queue = new(LongestQueue);
    readonly ILogger<Passwords> _logger;
    readonly Lazy<string> _dummy;
    readonly HashTimes _times = new();

    public Passwords(IOptions<AuthOptions> options, ILogger<Passwords> logger)
    {
        _logger = logger;
        _hasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = options.Value.PasswordIterations }));
        _dummy = new Lazy<string>(() => _hasher.HashPassword(this, Guid.NewGuid().ToString()));
        _queue.Add(() => _ = _dummy.Value); // Before the first stranger, who would wait twice as long.
        for (var i = 0; i < Environment.ProcessorCount; i++)
            new Thread(Work) { Name = "passwords", IsBackground = true }.Start();
    }

    /// <summary>On the calling thread, for the command line.</summary>
    internal string Hash(string password) => _hasher.HashPassword(this, password);

    internal Task<string> HashAsync(string password, CancellationToken cancellationToken)
        => RunAsync(() => _hasher.HashPassword(this, password), cancellationToken);

    /// <param name="hash">Null for an account without a password or no account: takes as long, so that time tells nothing.</param>
    /// <param name="password">What was given.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task<PasswordVerificationResult> VerifyAsync(string? hash, string password, CancellationToken cancellationToken)
    {
        var (result, left) = await RunAsync(() => Verify(hash, password), cancellationToken);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, cancellationToken); // Not on the thread: others use it meanwhile.
        return result;
    }

    (PasswordVerificationResult Result, TimeSpan Left) Verify(string? hash, string password)
    {
        var isBcrypt = hash is not null && BcryptHash.IsOne(hash);
        var started = Stopwatch.GetTimestamp();
        var result = isBcrypt
            ? BcryptHash.Verify(hash!, password) ? PasswordVerificationResult.SuccessRehashNeeded : PasswordVerificationResult.Failed
            : VerifyOurs(hash, password);
        var took = Stopwatch.GetElapsedTime(started);
        _times.Took(isBcrypt, took);
        return (result, result == PasswordVerificationResult.Failed ? _times.Left(took) : TimeSpan.Zero);
    }

    PasswordVerificationResult VerifyOurs(string? hash, string password)
    {
        try
        {
            var result = _hasher.VerifyHashedPassword(this, hash ?? _dummy.Value, password);
            return hash is null ? PasswordVerificationResult.Failed : result;
        }
        catch (FormatException)
        {
            return PasswordVerificationResult.Failed; // Not a hash of ours.
        }
    }

    public void Dispose() => _queue.CompleteAdding();

    async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_queue.TryAdd(() => Complete(done, work, cancellationToken), 0, CancellationToken.None))
        {
            _logger.PasswordsOverloaded();
            throw AuthError.Overloaded();
        }

        return await done.Task;
    }

    static void Complete<T>(TaskCompletionSource<T> done, Func<T> work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            done.SetCanceled(cancellationToken);
            return;
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            done.SetResult(work());
            EvolvMeter.PasswordHashed(started);
        }
        catch (Exception exception)
        {
            done.SetException(exception);
        }
    }

    void Work()
    {
        foreach (var work in _queue.GetConsumingEnumerable())
            work();
    }
}
