using Evolv.Platform.Data;

namespace Evolv.Auth;

/// <summary>Who may use /auth/v1/admin and what else is not for people: the roles of the installation (GoTrue's JWT_ADMIN_ROLES).</summary>
static class Admin
{
    const string SupabaseAdminRole = "supabase_admin";

    /// <returns>For the audit log.</returns>
    /// <exception cref="AuthError">No token, a bad one, or one of somebody else.</exception>
    internal static Actor RequireAdmin(HttpContext context)
    {
        var feature = context.Features.Get<CallerFeature>();
        if (feature is null or { HasToken: false })
            throw AuthError.NoAuthorization();
        if (feature.Refusal is { } refusal)
            throw AuthError.BadJwt(refusal);
        return feature.Caller.Role is Caller.ServiceRole or SupabaseAdminRole
            ? Actor.Admin(feature.Caller.Role)
            : throw AuthError.UserNotAllowed();
    }
}
