using Evolv.Auth.Mfa;
using Evolv.Auth.OAuthServer;
using Evolv.Platform.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Evolv.Auth.Endpoints;

/// <summary>
/// GET /auth/v1/oauth/authorizations/{authorization_id} and POST …/consent: the app's consent page asks what a client wants, and says what the
/// person answers. Where they granted as much before, the first is answered as the second.
/// </summary>
static class OAuthAuthorizations
{
    internal sealed record Details(string AuthorizationId, string RedirectUri, ClientDetails Client, Person User, string Scope);

    internal sealed record Person(Guid Id, string Email);

    internal sealed record ConsentRequest(string? Action = null);

    internal sealed record ConsentResponse(string RedirectUrl);

    internal static async Task<IResult> GetAsync(
        string authorizationId, HttpContext context, Database database, Authorizations authorizations, Redirects redirects, TimeProvider time,
        CancellationToken cancellationToken)
    {
        RequireOrigin(context, redirects);
        var signedIn = await RequirePersonAsync(context, database, time, cancellationToken);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var person = await FactorHolder.LockAsync(db, signedIn, time.GetUtcNow(), cancellationToken);
        var found = await authorizations.RequireAsync(db, authorizationId, person.User.Id, cancellationToken);
        if (found.UserId is null)
        {
            await Authorizations.BindAsync(db, found, person.User.Id, cancellationToken);
            // Who has a second factor and has not shown it is asked, and then told what is missing.
            if (!person.LacksSecondFactor && found.IsAnsweredAlone && await Authorizations.IsGrantedAsync(db, found, person.User.Id, cancellationToken))
            {
                var url = await authorizations.ApproveAsync(db, found, person, RequestOrigin.Of(context), cancellationToken);
                await db.CommitAsync(cancellationToken);
                return Redirect(url);
            }

            await db.CommitAsync(cancellationToken);
        }

        return TypedResults.Json(
            new Details(
                found.AuthorizationId, found.RedirectUri, found.Client, new Person(person.User.Id, person.User.Email), found.Scope),
            AuthJson.Default.OAuthAuthorizationDetails);
    }

    internal static async Task<IResult> ConsentAsync(
        string authorizationId, HttpContext context, Database database, Authorizations authorizations, Redirects redirects, TimeProvider time,
        CancellationToken cancellationToken)
    {
        RequireOrigin(context, redirects);
        var signedIn = await RequirePersonAsync(context, database, time, cancellationToken);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.OAuthConsentRequest, cancellationToken);
        if (request.Action is not ("approve" or "deny"))
            throw AuthError.Invalid("action must be 'approve' or 'deny'");

        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var person = await FactorHolder.LockAsync(db, signedIn, time.GetUtcNow(), cancellationToken);
        var found = await authorizations.RequireAsync(db, authorizationId, person.User.Id, cancellationToken);
        if (found.UserId is null)
            throw AuthError.OAuthAuthorizationNotFound(); // Nobody answers what they were not shown.
        if (request.Action == "deny")
        {
            var refusal = await Authorizations.DenyAsync(db, found, cancellationToken);
            await db.CommitAsync(cancellationToken);
            return Redirect(refusal);
        }

        // A client that is let in is as much as a new way in.
        if (person.LacksSecondFactor)
            throw AuthError.InsufficientAalToAuthorize();
        await authorizations.RememberAsync(db, found, person.User.Id, cancellationToken);
        var url = await authorizations.ApproveAsync(db, found, person, RequestOrigin.Of(context), cancellationToken);
        await db.CommitAsync(cancellationToken);
        return Redirect(url);
    }

    static JsonHttpResult<ConsentResponse> Redirect(string url) => TypedResults.Json(new ConsentResponse(url), AuthJson.Default.OAuthConsentResponse);

    // Pages of others have no business here, whatever token they got hold of.
    static void RequireOrigin(HttpContext context, Redirects redirects)
    {
        if (context.Request.Headers.Origin.ToString() is { Length: > 0 } origin && !redirects.IsOrigin(origin))
            throw AuthError.Invalid("unauthorized request origin");
    }

    static async Task<SignedIn> RequirePersonAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
        => await SignedIn.RequireAsync(context, database, time, cancellationToken) is { SessionId: not null } signedIn
            ? signedIn
            : throw AuthError.SessionNotFound();
}
