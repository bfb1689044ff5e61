using System.Text.Json.Nodes;
using Evolv.Platform.Data;

namespace Evolv.Auth;

/// <summary>What an account with an address and a password has in its metadata, in GoTrue's words.</summary>
static class EmailIdentity
{
    internal static Json AppMetadata { get; } = new Json("""{"provider": "email", "providers": ["email"]}""");

    internal static Json Claims(Guid userId, string email, bool isVerified)
        => new Json(new JsonObject
        {
            ["sub"] = userId.ToString(),
            ["email"] = email,
            ["email_verified"] = isVerified,
            ["phone_verified"] = false,
        }.ToJsonString());
}
