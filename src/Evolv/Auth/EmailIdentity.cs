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

    /// <summary>The identity of the address, which a guest has not yet.</summary>
    internal static Sql Upsert(Guid userId, string email, bool isVerified, DateTimeOffset now)
        => $"""
            insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
            values (
                {Guid.CreateVersion7(now)}, {userId}::text, {userId}, {Claims(userId, email, isVerified)},
                'email', {now}, {now}, {now})
            on conflict (provider_id, provider) do update
            set identity_data = identities.identity_data || excluded.identity_data, updated_at = excluded.updated_at
            """;

    /// <summary>A mail to the account's address was answered: it is the person's.</summary>
    internal static Sql MarkVerified(Guid userId, DateTimeOffset now)
        => $"""
            update auth.identities i
            set identity_data = i.identity_data || jsonb_build_object('email_verified', true), updated_at = {now}
            from auth.users u
            where u.id = {userId} and i.user_id = u.id and i.provider = 'email' and i.email = lower(u.email)
                and i.identity_data ->> 'email_verified' is distinct from 'true'
            """;
}
