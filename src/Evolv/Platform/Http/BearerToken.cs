namespace Evolv.Platform.Http;

/// <summary>The token of an <c>Authorization</c> header.</summary>
static class BearerToken
{
    /// <summary>What Supabase's API keys begin with: clients send them as bearer tokens, but they are none.</summary>
    internal const string OpaquePrefix = "sb_";

    const string Scheme = "Bearer";

    /// <summary>What follows <c>Bearer</c>, perhaps nothing; null when the header is absent or has another scheme.</summary>
    internal static string? Read(string authorization)
    {
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var rest = authorization.AsSpan(Scheme.Length);
        return rest.IsEmpty || rest[0] == ' ' ? rest.Trim(' ').ToString() : null;
    }
}
