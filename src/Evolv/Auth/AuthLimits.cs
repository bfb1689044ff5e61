using Evolv.Auth.Mail;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.RateLimits;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Evolv.Auth;

/// <summary>
/// Limits of single deeds, besides the one for the family. They count by the address of the network and never by the account alone: who
/// attacks somebody's account must not be able to keep its owner out.
/// </summary>
sealed class AuthLimits(
    RateLimiter limiter, IOptions<RateLimitOptions> common, IOptions<AuthLimitOptions> options, TimeProvider time) : IDisposable
{
    static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5);
    static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    readonly RateLimitPolicy _wrongPasswords = new("auth-wrong-password", options.Value.WrongPasswords, FiveMinutes);
    readonly RateLimitPolicy _tokens = new("auth-token", options.Value.Tokens, FiveMinutes);
    readonly RateLimitPolicy _signUps = new("auth-sign-up", options.Value.SignUps, FiveMinutes);
    readonly RateLimitPolicy _guests = new("auth-guest", options.Value.Guests, Hour);
    readonly RateLimitPolicy _verifications = new("auth-verify", options.Value.Verifications, FiveMinutes);
    readonly RateLimitPolicy _factors = new("auth-factor", options.Value.Factors, TimeSpan.FromMinutes(1));
    readonly RateLimitPolicy _passkeys = new("auth-passkey", options.Value.Passkeys, FiveMinutes);
    readonly RateLimitPolicy _mails = new("auth-mail", options.Value.Mails, Hour);
    readonly RateLimitPolicy _interval = new("auth-mail-interval", 1, TimeSpan.FromSeconds(options.Value.MailIntervalSeconds));
    readonly RateLimitPolicy _mailbox = new("auth-mailbox", options.Value.MailsToOne, Hour);
    readonly RateLimitPolicy _passwordChanges = new("auth-password-change", 10, FiveMinutes);
    readonly RateLimitPolicy _authorizations = new("auth-oauth-authorize", options.Value.Authorizations, FiveMinutes);
    readonly RateLimitPolicy _clients = new("auth-oauth-client", 10, FiveMinutes);
    readonly RateLimitPolicy _digits = new("auth-digits", 5, TimeSpan.FromMinutes(10));

    // Until when an address is refused before its passwords are looked at.
    readonly MemoryCache _refused = new(new MemoryCacheOptions { SizeLimit = 100_000 });

    internal Task SignUpAsync(HttpContext context) => CountAsync(context, _signUps);

    internal Task AuthorizationAsync(HttpContext context) => CountAsync(context, _authorizations);

    /// <summary>Clients that register themselves.</summary>
    internal Task ClientAsync(HttpContext context) => CountAsync(context, _clients);

    internal Task GuestAsync(HttpContext context) => CountAsync(context, _guests);

    internal Task VerifyAsync(HttpContext context) => CountAsync(context, _verifications);

    internal Task FactorAsync(HttpContext context) => CountAsync(context, _factors);

    internal Task PasskeyAsync(HttpContext context) => CountAsync(context, _passkeys);

    internal Task TokenAsync(HttpContext context, bool isRefresh) => CountAsync(context, _tokens, isRefresh);

    /// <summary>Tries of one token's digits: five from one address of the network, which does not take them from the owner.</summary>
    internal async Task<bool> MayTryDigitsAsync(HttpContext context, Guid tokenId)
        => !IsCounted(context) || (await limiter.CountAsync(_digits, $"{tokenId} {AddressOf(context)}")).IsAllowed;

    /// <summary>Before an account is looked for: known and unknown addresses are counted alike.</summary>
    internal async Task MailAsync(HttpContext context, MailKind kind, string address)
    {
        if (!IsCounted(context))
            return;
        var mailbox = $"{kind.Name()} {Sha256Hex.Of(address)}";
        // From one place: a stranger elsewhere, who asks in vain, does not make the owner wait.
        var interval = await limiter.CountAsync(_interval, $"{mailbox} {AddressOf(context)}");
        if (!interval.IsAllowed)
            throw AuthError.MailTooSoon(interval.ResetSeconds);
        var all = await limiter.CountAsync(_mailbox, mailbox);
        if (!all.IsAllowed)
            throw AuthError.MailTooSoon(all.ResetSeconds);
        var mails = await limiter.CountAsync(_mails, AddressOf(context));
        if (!mails.IsAllowed)
            throw AuthError.MailRateLimited(mails.ResetSeconds);
    }

    /// <summary>Each costs up to three hashes.</summary>
    internal async Task PasswordChangeAsync(HttpContext context, Guid userId)
    {
        if (IsCounted(context) && await limiter.CountAsync(_passwordChanges, userId.ToString()) is { IsAllowed: false } verdict)
            throw AuthError.RateLimited(verdict.ResetSeconds);
    }

    /// <exception cref="AuthError">Too many passwords were wrong that came from there.</exception>
    internal void RefuseGuessing(HttpContext context)
    {
        if (IsCounted(context) && _refused.TryGetValue(AddressOf(context), out DateTimeOffset until) && until > time.GetUtcNow())
            throw AuthError.RateLimited((int)Math.Ceiling((until - time.GetUtcNow()).TotalSeconds));
    }

    /// <summary>Counts a wrong password.</summary>
    /// <exception cref="AuthError">It was one too many; whether it was wrong is then not told.</exception>
    internal async Task WrongPasswordAsync(HttpContext context)
    {
        if (!IsCounted(context))
            return;
        var verdict = await limiter.CountAsync(_wrongPasswords, AddressOf(context));
        if (verdict.Remaining > 0)
            return;
        var until = time.GetUtcNow() + verdict.Reset;
        _refused.Set(AddressOf(context), until, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = verdict.Reset });
        if (!verdict.IsAllowed)
            throw AuthError.RateLimited(verdict.ResetSeconds);
    }

    public void Dispose() => _refused.Dispose();

    async Task CountAsync(HttpContext context, RateLimitPolicy policy, bool isRefresh = false)
    {
        if (!IsCounted(context))
            return;
        var verdict = await limiter.CountAsync(policy, AddressOf(context));
        if (!verdict.IsAllowed)
            throw isRefresh ? AuthError.RateLimitedRefresh(verdict.ResetSeconds) : AuthError.RateLimited(verdict.ResetSeconds);
    }

    bool IsCounted(HttpContext context)
        => common.Value.Enabled && context.Features.Get<CallerFeature>()?.Caller.IsService != true;

    static string AddressOf(HttpContext context) => ClientAddress.Of(context.Connection.RemoteIpAddress);
}
