namespace Evolv.Platform.RateLimits;

/// <summary>What is counted together.</summary>
enum RateLimitTier
{
    Functions,

    /// <summary>Functions that may cost money at a provider.</summary>
    Ai,
    Auth,
    Rest,
    Realtime,
}

/// <summary>Metadata of an endpoint: it is not for calling as often as one likes.</summary>
/// <param name="Tier">What it is counted with.</param>
/// <param name="RefuseAsync">Answers 429 in the family's dialect; gets the seconds after which a call will be taken.</param>
sealed record RateLimited(RateLimitTier Tier, Func<HttpContext, int, Task> RefuseAsync);
