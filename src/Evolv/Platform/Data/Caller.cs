using System.Text.Json;

namespace Evolv.Platform.Data;

/// <summary>Who is asking. PostgreSQL decides row-level security from this value and from nothing else.</summary>
/// <param name="Role">The database role: <c>anon</c>, <c>authenticated</c>, <c>service_role</c>, <c>supabase_auth_admin</c>, or one that a token made elsewhere names.</param>
/// <param name="ClaimsJson">The claims of the access token as JSON; <c>auth.jwt()</c> returns them in SQL.</param>
/// <param name="UserId">The claim <c>sub</c>; null for <c>anon</c> and for keys of the installation.</param>
sealed record Caller(string Role, string ClaimsJson, Guid? UserId = null)
{
    internal const string AnonRole = "anon";
    internal const string AuthenticatedRole = "authenticated";
    internal const string ServiceRole = "service_role";

    internal static Caller Anonymous { get; } = new(AnonRole, """{"role":"anon"}""");

    /// <summary>Bypasses row-level security. Grep this name for the whole list of our code that does.</summary>
    internal static Caller Service { get; } = new(ServiceRole, """{"role":"service_role"}""");

    /// <summary>The auth family on GoTrue's own tables.</summary>
    internal static Caller AuthAdmin { get; } = new("supabase_auth_admin", """{"role":"supabase_auth_admin"}""");

    /// <summary>A signed-in person with the least claims that policies need.</summary>
    internal static Caller User(Guid userId)
        => new(AuthenticatedRole, JsonSerializer.Serialize(new { sub = userId, role = AuthenticatedRole }), userId);

    internal bool IsService => Role == ServiceRole;

    // Claims are long, and callers are keys of dictionaries by the thousand; who differs in claims alone is told apart by Equals.
    public override int GetHashCode() => HashCode.Combine(Role, UserId);
}

/// <summary>
/// What the caller middleware found: a caller, or why the credentials were refused.
/// The family that answers decides the status and the dialect.
/// </summary>
/// <param name="Caller">Who asks; <see cref="Caller.Anonymous"/> when <paramref name="Refusal"/> is set.</param>
/// <param name="Refusal">Why a token was refused, in words fit for the client; null when it was not.</param>
/// <param name="HasToken">Whether a bearer token or a key came at all.</param>
/// <param name="SessionId">The claim <c>session_id</c> of a user's access token.</param>
/// <param name="IsRefusedForClaims">Whether the token is one of ours and was refused for what it says.</param>
sealed record CallerFeature(Caller Caller, string? Refusal, bool HasToken, Guid? SessionId = null, bool IsRefusedForClaims = false);
