using System.Text.Json;

namespace Evolv.Auth;

/// <summary>Who did what the audit log tells.</summary>
/// <param name="Id">The account; zeros for who holds a key of the installation.</param>
/// <param name="Username">The phone number or, without one, the address; of an administrator the role.</param>
/// <param name="Name">What the person calls themselves.</param>
readonly record struct Actor(Guid Id, string Username, string? Name = null)
{
    internal static Actor Of(AuthUser user) => new(
        user.Id, user.Phone.Length > 0 ? user.Phone : user.Email,
        user.UserMetadata.TryGetProperty("full_name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null);

    /// <summary>GoTrue's name for whoever comes with the key of a role.</summary>
    internal static Actor Admin(string role) => new(Guid.Empty, role);
}
