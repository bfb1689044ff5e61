using System.Text.Json;
using Evolv.Platform.Data;

namespace Evolv.Auth;

/// <summary>An account to be. Without an address it is a guest. Triggers on <c>auth.users</c> make the profile.</summary>
sealed record NewAccount(DateTimeOffset Now, string? Email, string? PasswordHash, JsonElement? Data)
{
    internal Guid Id { get; } = Guid.CreateVersion7(Now);

    /// <summary>Whether the address is known to be the person's.</summary>
    internal bool IsConfirmed { get; init; }

    internal DateTimeOffset? InvitedAt { get; init; }

    /// <summary>Outside of the index that keeps addresses apart: for an account that is rolled back, and only looked like one.</summary>
    internal bool IsPretended { get; init; }

    /// <summary>Whether <c>user_metadata</c> gets what GoTrue adds at a sign-up; an invited person's has only what was given.</summary>
    internal bool HasClaims { get; init; } = true;

    internal Sql Insert()
    {
        var data = new Json(Data?.GetRawText() ?? "{}");
        if (Email is null)
        {
            return $"""
                insert into auth.users (id, raw_user_meta_data, is_anonymous, created_at, updated_at)
                values ({Id}, {data}, true, {Now}, {Now})
                """;
        }

        // Ours last: nobody claims another's address or id by their own data.
        var claims = HasClaims ? EmailIdentity.Claims(Id, Email, IsConfirmed) : new Json("{}");
        DateTimeOffset? confirmedAt = IsConfirmed ? Now : null;
        return $"""
            with account as (
                insert into auth.users (
                    id, email, encrypted_password, email_confirmed_at, invited_at, raw_app_meta_data, raw_user_meta_data, is_sso_user,
                    created_at, updated_at)
                values (
                    {Id}, {Email}, {PasswordHash}, {confirmedAt}, {InvitedAt}, {EmailIdentity.AppMetadata}, {data} || {claims}, {IsPretended},
                    {Now}, {Now})
                returning id
            )
            insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
            select {Guid.CreateVersion7(Now)}, id::text, id, {data} || {EmailIdentity.Claims(Id, Email, isVerified: false)},
                'email', {Now}, {Now}, {Now}
            from account
            """;
    }
}
