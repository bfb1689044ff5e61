using System.Text.Json.Nodes;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Auth.External;

/// <summary>The account that somebody from a provider enters.</summary>
sealed record Entered(Guid UserId, string Email);

/// <summary>
/// Finds the account of who comes from a provider, or makes it. An address opens an account only when both sides have made sure of it:
/// docs/decisions/0010-external-identities.md.
/// </summary>
sealed class ExternalAccounts(Database database, IOptions<AuthOptions> options, TimeProvider time)
{
    const int Tries = 3;

    sealed record Account(
        Guid Id, string Email, bool IsConfirmed, bool IsAnonymous, bool IsDeleted, DateTimeOffset? BannedUntil, bool IsProven)
    {
        internal static Sql Columns { get; } =
            $"""
            u.id, coalesce(u.email, ''), u.email_confirmed_at is not null, u.is_anonymous, u.deleted_at is not null, u.banned_until,
            u.email_confirmed_at is not null and exists (
                select
                from auth.identities p
                where p.user_id = u.id and p.email = lower(u.email) and p.identity_data ->> 'email_verified' = 'true'
            )
            """;

        internal static Account Read(NpgsqlDataReader row)
            => new(row.GetGuid(0), row.GetString(1), row.GetBoolean(2), row.GetBoolean(3), row.GetBoolean(4), row.GetInstant(5), row.GetBoolean(6));
    }

    // Whether an address has to be proved before it counts; without mail it counts as it is given.
    bool ConfirmsEmail => options.Value.MustConfirm;

    /// <summary>Lets somebody in: finds, links or makes the account, then does the rest in the same transaction.</summary>
    /// <param name="person">Who came.</param>
    /// <param name="linkTo">Whose account gets the identity, at that person's own wish; null when somebody signs in.</param>
    /// <param name="origin">From where.</param>
    /// <param name="finish">Makes the session or the code.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AuthError">They may not come in.</exception>
    internal async Task<T> EnterAsync<T>(
        ExternalPerson person, Guid? linkTo, RequestOrigin origin, Func<DbSession, Entered, Task<T>> finish, CancellationToken cancellationToken)
    {
        for (var tried = 1; ; tried++)
        {
            await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
            try
            {
                var entered = linkTo is { } target
                    ? await LinkAsync(db, target, person, origin, cancellationToken)
                    : await FindOrCreateAsync(db, person, origin, cancellationToken);
                var result = await finish(db, entered);
                await db.CommitAsync(cancellationToken);
                return result;
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation && tried < Tries)
            {
                // The same person in two tabs, for the first time: whoever is later finds the account that the other made.
            }
        }
    }

    async Task<Entered> FindOrCreateAsync(DbSession db, ExternalPerson person, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (await FindByIdentityAsync(db, person, cancellationToken) is { } known)
            return await ReturnAsync(db, known, person, cancellationToken);
        if (person is { IsEmailVerified: true, Email: { } email } && await FindByEmailAsync(db, email, cancellationToken) is { } sameAddress)
            return await JoinAsync(db, sameAddress, person, origin, cancellationToken);
        return await CreateAsync(db, person, origin, cancellationToken);
    }

    static Task<Account?> FindByIdentityAsync(DbSession db, ExternalPerson person, CancellationToken cancellationToken)
        => db.QuerySingleAsync(
            $"""
            select {Account.Columns}
            from auth.identities i
            join auth.users u on u.id = i.user_id
            where i.provider = {person.Provider} and i.provider_id = {person.Subject}
            for update of u
            """, Account.Read, cancellationToken);

    static Task<Account?> FindByEmailAsync(DbSession db, string email, CancellationToken cancellationToken)
        => db.QuerySingleAsync(
            $"""
            select {Account.Columns}
            from auth.users u
            where lower(u.email) = {email} and not u.is_sso_user
            for update of u
            """, Account.Read, cancellationToken);

    async Task<Entered> ReturnAsync(DbSession db, Account account, ExternalPerson person, CancellationToken cancellationToken)
    {
        RefuseClosed(account);
        if (account is { Email.Length: > 0, IsConfirmed: false })
        {
            if (person.IsEmailVerified && string.Equals(person.Email, account.Email, StringComparison.OrdinalIgnoreCase))
                await TakeFromStrangersAsync(db, account.Id, person, cancellationToken);
            else if (ConfirmsEmail)
                throw AuthError.ProviderEmailNeedsVerification(person.Provider);
        }

        var now = time.GetUtcNow();
        await db.ExecuteAsync(
            $"""
            update auth.identities
            set identity_data = {Data(person)}, last_sign_in_at = {now}, updated_at = {now}
            where provider = {person.Provider} and provider_id = {person.Subject}
            """, cancellationToken);
        await UpdateMetadataAsync(db, account.Id, person.Data, cancellationToken);
        return new Entered(account.Id, account.Email);
    }

    async Task<Entered> JoinAsync(
        DbSession db, Account account, ExternalPerson person, RequestOrigin origin, CancellationToken cancellationToken)
    {
        RefuseClosed(account);
        // Where sign-ups are not confirmed by mail, an address counts as confirmed that nobody has shown to be theirs.
        if (!account.IsProven)
            await TakeFromStrangersAsync(db, account.Id, person, cancellationToken);
        await AddIdentityAsync(db, account.Id, person, cancellationToken);
        await UpdateMetadataAsync(db, account.Id, person.Data, cancellationToken);
        await db.ExecuteAsync(AuditLog.Insert(AuditEntry.IdentityLinked, account.Id, account.Email, origin, time.GetUtcNow()), cancellationToken);
        return new Entered(account.Id, account.Email);
    }

    async Task<Entered> CreateAsync(DbSession db, ExternalPerson person, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (options.Value.DisableSignup)
            throw AuthError.SignupDisabled();
        if (person is { Email: not null, IsEmailVerified: false } && ConfirmsEmail)
            throw AuthError.ProviderEmailNeedsVerification(person.Provider);

        var (id, now) = (Guid.CreateVersion7(time.GetUtcNow()), time.GetUtcNow());
        // An address that nobody has made sure of is not taken from who has it. Verified ones would have been found.
        var email = person is { Email: { } given, IsEmailVerified: false } && await FindByEmailAsync(db, given, cancellationToken) is not null
            ? null
            : person.Email;
        await db.ExecuteAsync(
            $"""
            insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data, created_at, updated_at)
            values ({id}, {email}, case when {email}::text is not null then {now} end, {Data(person)}, {now}, {now})
            """, cancellationToken);
        await AddIdentityAsync(db, id, person, cancellationToken);
        await db.ExecuteAsync(AuditLog.Insert(AuditEntry.SignedUp, id, email ?? "", origin, now), cancellationToken);
        return new Entered(id, email ?? "");
    }

    async Task<Entered> LinkAsync(
        DbSession db, Guid target, ExternalPerson person, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (await FindByIdentityAsync(db, person, cancellationToken) is { } owner)
            throw owner.Id == target ? AuthError.IdentityAlreadyLinked() : AuthError.IdentityOfAnother();
        var account = await db.QuerySingleAsync(
            $"select {Account.Columns} from auth.users u where u.id = {target} for update of u", Account.Read, cancellationToken)
            ?? throw AuthError.UserNotFound();
        RefuseClosed(account);

        // A guest, or somebody without an address, gets this one, if the provider vouches for it and nobody has it.
        var email = account.Email.Length == 0 && person is { IsEmailVerified: true, Email: { } given } &&
            await FindByEmailAsync(db, given, cancellationToken) is null ? given : null;
        var now = time.GetUtcNow();
        await AddIdentityAsync(db, target, person, cancellationToken);
        await db.ExecuteAsync(
            $"""
            update auth.users
            set is_anonymous = false, email = coalesce({email}, email),
                email_confirmed_at = case when {email}::text is null then email_confirmed_at else {now} end, updated_at = {now}
            where id = {target}
            """, cancellationToken);
        if (account.IsAnonymous)
            await UpdateMetadataAsync(db, target, person.Data, cancellationToken);
        await db.ExecuteAsync(AuditLog.Insert(AuditEntry.IdentityLinked, target, email ?? account.Email, origin, now), cancellationToken);
        return new Entered(target, email ?? account.Email);
    }

    void RefuseClosed(Account account)
    {
        if (account.IsDeleted)
            throw AuthError.UserNotFound();
        if (account.BannedUntil > time.GetUtcNow())
            throw AuthError.UserBanned();
    }

    async Task AddIdentityAsync(DbSession db, Guid userId, ExternalPerson person, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await db.ExecuteAsync(
            $"""
            insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
            values ({Guid.CreateVersion7(now)}, {person.Subject}, {userId}, {Data(person)}, {person.Provider}, {now}, {now}, {now})
            """, cancellationToken);
        await UpdateProvidersAsync(db, userId, cancellationToken);
    }

    /// <summary>Writes into app_metadata which ways in an account has; the oldest is the one that it is named after.</summary>
    internal static Task<int> UpdateProvidersAsync(DbSession db, Guid userId, CancellationToken cancellationToken)
        => db.ExecuteAsync(
            $"""
            update auth.users u
            set raw_app_meta_data = u.raw_app_meta_data || jsonb_build_object('provider', ways.names -> 0, 'providers', ways.names)
            from (
                select jsonb_agg(named.provider order by named.first, named.provider) names
                from (select provider, min(created_at) as first from auth.identities where user_id = {userId} group by provider) named
            ) ways
            where u.id = {userId} and ways.names is not null
            """, cancellationToken);

    // Metadata travels in every access token. What would not fit any more is left as it was: a sign-in does not fail for that.
    static Task<int> UpdateMetadataAsync(DbSession db, Guid userId, JsonObject data, CancellationToken cancellationToken)
        => db.ExecuteAsync(
            $"""
            update auth.users
            set raw_user_meta_data = raw_user_meta_data || {new Json(data.ToJsonString())}
            where id = {userId} and octet_length((raw_user_meta_data || {new Json(data.ToJsonString())})::text) <= {AuthUser.LargestMetadata}
            """, cancellationToken);

    // Whoever signed up with an address and never confirmed it may be an attacker who waits for its owner (pre-hijacking). The owner has come
    // now: nothing that the other left opens the account any more, and nothing of it is shown as the owner's.
    async Task TakeFromStrangersAsync(DbSession db, Guid userId, ExternalPerson person, CancellationToken cancellationToken)
    {
        await Accounts.CloseAsync(db, userId, keep: null, cancellationToken);
        await Accounts.ForgetWaysInAsync(db, userId, cancellationToken);
        await db.ExecuteAsync(
            $"""
            with factors as (delete from auth.mfa_factors where user_id = {userId}),
            codes as (delete from auth.mfa_recovery_codes where user_id = {userId}),
            identities as (
                delete from auth.identities
                where user_id = {userId} and (provider, provider_id) <> ({person.Provider}, {person.Subject})
            )
            update auth.users
            set encrypted_password = null, raw_user_meta_data = {"{}"}::jsonb, email_confirmed_at = {time.GetUtcNow()},
                email_change_sent_at = null, updated_at = {time.GetUtcNow()}
            where id = {userId}
            """, cancellationToken);
    }

    static Json Data(ExternalPerson person) => new(person.Data.ToJsonString());
}
