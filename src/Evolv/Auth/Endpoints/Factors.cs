using System.Text.Json.Nodes;
using Evolv.Auth.Mfa;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Auth.Endpoints;

/// <summary>POST /auth/v1/factors and DELETE /auth/v1/factors/{factor_id}: a person adds an authenticator app, or takes one away.</summary>
static class Factors
{
    const int MostFactors = 10;
    const int LongestName = 120;
    const int LongestIssuer = 64; // Together with an address it must fit into the picture.

    // How long somebody may take to begin with a factor; the next enrolment clears it away.
    static readonly TimeSpan UnverifiedLife = TimeSpan.FromMinutes(5);

    internal sealed record EnrollRequest(string? FactorType = null, string? FriendlyName = null, string? Issuer = null);

    internal sealed record Totp(string QrCode, string Secret, string Uri);

    internal sealed record EnrollResponse(Guid Id, string Type, string FriendlyName, Totp Totp);

    internal sealed record UnenrollResponse(Guid Id);

    internal static async Task<IResult> EnrollAsync(
        HttpContext context, Database database, IOptions<AuthOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await FactorHolder.RequireAsync(context, database, time, cancellationToken);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.EnrollRequest, cancellationToken);
        RequireTotp(request.FactorType);
        var name = Limited(request.FriendlyName ?? "", LongestName, "friendly_name");
        var issuer = Limited(string.IsNullOrEmpty(request.Issuer) ? new Uri(options.Value.SiteUrl).Host : request.Issuer, LongestIssuer, "issuer");
        var secret = TotpSecret.New();
        var uri = secret.Uri(issuer, signedIn.User.Email.Length > 0 ? signedIn.User.Email : signedIn.User.Phone);

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        signedIn = await FactorHolder.LockAsync(db, signedIn, time.GetUtcNow(), cancellationToken);
        if (signedIn.LacksSecondFactor)
            throw AuthError.InsufficientAalToEnroll();
        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await InsertAsync(db, signedIn.User.Id, id, name, secret, now, cancellationToken);
        await db.ExecuteAsync(
            AuditLog.Insert(
                AuditEntry.FactorEnrolled, Actor.Of(signedIn.User), RequestOrigin.Of(context), now,
                new JsonObject { ["factor_id"] = id, ["factor_type"] = "totp" }),
            cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(
            new EnrollResponse(id, "totp", name, new Totp(TotpSecret.QrCode(uri), secret.Base32, uri)), AuthJson.Default.EnrollResponse);
    }

    internal static async Task<IResult> UnenrollAsync(
        string factorId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var signedIn = await FactorHolder.RequireAsync(context, database, time, cancellationToken);
        var id = FactorHolder.RequireFactorId(factorId);

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        signedIn = await FactorHolder.LockAsync(db, signedIn, time.GetUtcNow(), cancellationToken);
        var status = await db.QuerySingleAsync(
            $"select status from auth.mfa_factors where id = {id} and user_id = {signedIn.User.Id}", row => row.GetString(0), cancellationToken)
            ?? throw AuthError.MfaFactorNotFound();
        if (status == "verified" && !signedIn.IsRaised)
            throw AuthError.InsufficientAalToUnenroll();
        var now = time.GetUtcNow();
        await db.ExecuteAsync(FactorHolder.Delete(signedIn.User.Id, id, now), cancellationToken);
        await db.ExecuteAsync(
            AuditLog.Insert(
                AuditEntry.FactorUnenrolled, Actor.Of(signedIn.User), RequestOrigin.Of(context), now,
                new JsonObject { ["factor_id"] = id, ["factor_status"] = status, ["session_id"] = signedIn.SessionId }),
            cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(new UnenrollResponse(id), AuthJson.Default.UnenrollResponse);
    }

    static void RequireTotp(string? type)
    {
        switch (type)
        {
            case "totp":
                return;
            case "phone":
                throw AuthError.MfaEnrollDisabled("Phone");
            case "webauthn":
                throw AuthError.MfaEnrollDisabled("WebAuthn");
            default:
                throw AuthError.Invalid("factor_type needs to be totp, phone, or webauthn");
        }
    }

    static string Limited(string text, int longest, string name)
        => text.Length <= longest ? text : throw AuthError.Invalid($"{name} may have {longest} characters at most");

    // Without a name there is no conflict: who reloads the page enrols anew. GoTrue refuses that for five minutes.
    static async Task InsertAsync(
        DbSession db, Guid userId, Guid id, string name, TotpSecret secret, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await db.ExecuteAsync(
            $"""
            delete from auth.mfa_factors
            where user_id = {userId} and status = 'unverified' and created_at < {now - UnverifiedLife}
            """, cancellationToken);
        try
        {
            var inserted = await db.ExecuteAsync(
                $"""
                insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, secret, created_at, updated_at)
                select {id}, {userId}, {name}, 'totp', {secret.Base32}, {now}, {now}
                where (select count(*) from auth.mfa_factors where user_id = {userId}) < {MostFactors}
                """, cancellationToken);
            if (inserted == 0)
                throw AuthError.TooManyFactors();
        }
        catch (PostgresException exception) when (exception is
        { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "mfa_factors_friendly_name_idx" })
        {
            throw AuthError.MfaFactorNameConflict(name);
        }
    }
}
