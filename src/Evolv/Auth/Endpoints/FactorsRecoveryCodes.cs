using Evolv.Auth.Mfa;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>/auth/v1/factors/recovery-codes: for who loses the device. Shown once, when they are made.</summary>
static class FactorsRecoveryCodes
{
    const string Type = "recovery_code";

    internal sealed record Status(string Type, int Total, int Remaining);

    internal sealed record Generated(string Type, int Total, IReadOnlyList<string> Codes);

    internal sealed record VerifyRequest(string? Code = null);

    internal static async Task<IResult> StatusAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await FactorHolder.RequireAsync(context, database, time, cancellationToken);
        var status = await database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            select count(*)::int, (count(*) filter (where used_at is null))::int
            from auth.mfa_recovery_codes
            where user_id = {signedIn.User.Id}
            """, row => new Status(Type, row.GetInt32(0), row.GetInt32(1)), cancellationToken);
        return TypedResults.Json(status, AuthJson.Default.RecoveryCodesStatus);
    }

    /// <summary>POST, and POST /regenerate, which auth-js knows apart: a new set replaces the old one.</summary>
    internal static async Task<IResult> GenerateAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        string[] codes = [.. Enumerable.Range(0, RecoveryCode.SetSize).Select(_ => RecoveryCode.New())];
        await ReplaceAsync(context, database, time, codes, AuditEntry.RecoveryCodesGenerated, cancellationToken);
        return TypedResults.Json(new Generated(Type, codes.Length, codes), AuthJson.Default.RecoveryCodesGenerated);
    }

    internal static async Task<IResult> DeleteAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        await ReplaceAsync(context, database, time, [], AuditEntry.RecoveryCodesDeleted, cancellationToken);
        return AuthBody.Empty;
    }

    /// <summary>POST /verify, as auth-js sends it: without a challenge, so it makes one of the newest factor.</summary>
    internal static async Task<IResult> VerifyAsync(
        HttpContext context, Database database, FactorVerification verification, AuthLimits limits, TimeProvider time,
        CancellationToken cancellationToken)
    {
        await limits.FactorAsync(context);
        var signedIn = await FactorHolder.RequireAsync(context, database, time, cancellationToken);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.RecoveryCodesVerifyRequest, cancellationToken);
        if (string.IsNullOrEmpty(request.Code))
            throw AuthError.Invalid("Code needs to be non-empty");
        if (!RecoveryCode.IsOne(request.Code))
            throw AuthError.MfaVerificationFailed();
        var factorId = await database.QuerySingleAsync<Guid?>(Caller.AuthAdmin,
            $"""
            select id
            from auth.mfa_factors
            where user_id = {signedIn.User.Id} and status = 'verified'
            order by created_at desc, id desc
            limit 1
            """, row => row.GetGuid(0), cancellationToken) ?? throw AuthError.MfaFactorNotFound();
        var challenge = await FactorChallenge.CreateAsync(context, database, signedIn, factorId, time, cancellationToken);
        var session = await verification.VerifyAsync(
            signedIn, factorId, challenge.Id, request.Code, RequestOrigin.Of(context), cancellationToken);
        return TypedResults.Json(session, AuthJson.Default.SessionResponse);
    }

    static async Task ReplaceAsync(
        HttpContext context, Database database, TimeProvider time, string[] codes, string action, CancellationToken cancellationToken)
    {
        var signedIn = await FactorHolder.RequireAsync(context, database, time, cancellationToken);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        signedIn = await FactorHolder.LockAsync(db, signedIn, time.GetUtcNow(), cancellationToken);
        if (!signedIn.IsRaised)
            throw AuthError.InsufficientAalForRecoveryCodes();
        var (userId, now) = (signedIn.User.Id, time.GetUtcNow());
        await db.ExecuteAsync($"delete from auth.mfa_recovery_codes where user_id = {userId}", cancellationToken);
        string[] hashes = [.. codes.Select(code => RecoveryCode.Hash(userId, code))];
        await db.ExecuteAsync(
            $"""
            with audit as (
                {AuditLog.Insert(action, Actor.Of(signedIn.User), RequestOrigin.Of(context), now)}
            )
            insert into auth.mfa_recovery_codes (user_id, code_hash, created_at)
            select {userId}, hash, {now}
            from unnest({hashes}) hash
            """, cancellationToken);
        await db.CommitAsync(cancellationToken);
    }
}
