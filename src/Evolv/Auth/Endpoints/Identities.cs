using Evolv.Auth.External;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Auth.Endpoints;

/// <summary>/auth/v1/user/identities: signed-in people add a way to sign in, or take one away.</summary>
static class Identities
{
    /// <summary>GET …/authorize: where the browser goes to add one.</summary>
    internal static async Task<IResult> AuthorizeAsync(
        HttpContext context, Database database, ExternalProviders providers, ExternalFlows flows, Redirects redirects,
        IOptions<AuthOptions> options, TimeProvider time, ILogger<ExternalFlows> logger, CancellationToken cancellationToken)
    {
        var signedIn = await RequireAsync(context, database, options.Value, time, cancellationToken);
        return await Authorize.GoAsync(
            context, providers, flows, redirects, (signedIn.User.Id, signedIn.SessionId), logger, cancellationToken);
    }

    /// <summary>DELETE …/{id}</summary>
    internal static async Task<IResult> DeleteAsync(
        string id, HttpContext context, Database database, IOptions<AuthOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        var (user, _, _) = await RequireAsync(context, database, options.Value, time, cancellationToken);
        if (!Guid.TryParseExact(id, "D", out var identityId))
            throw AuthError.IdentityIdInvalid();

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        // Two at once would each leave the other's: the account is locked while they are counted.
        await db.ExecuteAsync($"select from auth.users where id = {user.Id} for update", cancellationToken);
        var ways = await db.QuerySingleAsync(
            $"select count(*), count(*) filter (where id = {identityId}) from auth.identities where user_id = {user.Id}",
            row => new { Count = row.GetInt64(0), HasThis = row.GetInt64(1) > 0 }, cancellationToken);
        if (ways!.Count <= 1)
            throw AuthError.SingleIdentity();
        if (!ways.HasThis)
            throw AuthError.IdentityNotFound();

        var now = time.GetUtcNow();
        var provider = await db.QuerySingleAsync(
            $"delete from auth.identities where id = {identityId} and user_id = {user.Id} returning provider", row => row.GetString(0), cancellationToken);
        try
        {
            await db.ExecuteAsync(UpdateAccount(user.Id, isEmail: provider == "email", options.Value.SecureEmailChange && user.Email.Length > 0, now), cancellationToken);
        }
        catch (PostgresException exception) when (exception is
        { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_email_idx" })
        {
            throw AuthError.EmailConflict();
        }

        await ExternalAccounts.UpdateProvidersAsync(db, user.Id, cancellationToken);
        await db.ExecuteAsync(
            AuditLog.Insert(AuditEntry.IdentityUnlinked, user.Id, user.Email, RequestOrigin.Of(context), now), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return AuthBody.Empty;
    }

    static async Task<SignedIn> RequireAsync(
        HttpContext context, Database database, AuthOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await SignedIn.RequireAsync(context, database, time, cancellationToken);
        if (!options.ManualLinking)
            throw AuthError.ManualLinkingDisabled();
        // A new way in, or one less, is as much as a new password.
        return signedIn.LacksSecondFactor ? throw AuthError.InsufficientAalToUpdate() : signedIn;
    }

    // The address is that of the identity email, else of the oldest way in that vouches for one. With the identity email goes the password,
    // and what was mailed to its address opens nothing any more. Where changing an address needs the old mailbox, it stays as it is: who has
    // stolen a session must not move the account to a mailbox of theirs by linking and unlinking.
    static Sql UpdateAccount(Guid userId, bool isEmail, bool keepsAddress, DateTimeOffset now)
        => $"""
            with tokens as (
                delete from auth.one_time_tokens
                where user_id = {userId}
            ),
            address as (
                select (
                    select i.email
                    from auth.identities i
                    join auth.users u on u.id = i.user_id
                    where i.user_id = {userId} and i.email <> '' and case i.provider
                        when 'email' then i.email = lower(u.email)
                        else i.identity_data ->> 'email_verified' = 'true'
                    end
                    order by (i.provider = 'email') desc, i.created_at, i.id
                    limit 1
                ) as email
            )
            update auth.users u
            set encrypted_password = case when {isEmail} then null else u.encrypted_password end,
                email = case when {keepsAddress} then u.email else a.email end,
                email_confirmed_at = case
                    when {keepsAddress} then u.email_confirmed_at
                    when a.email is null then null
                    when a.email = lower(u.email) then u.email_confirmed_at
                    else {now}
                end,
                email_change = case when {isEmail} then null else u.email_change end,
                updated_at = {now}
            from address a
            where u.id = {userId}
            """;
}
