using System.Text.Encodings.Web;
using Evolv.Auth.Flows;
using Evolv.Auth.Mail;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>
/// /auth/v1/verify, where links in mails lead. GET answers a page whose button posts: programs that open links to check them spend nothing. The
/// form's POST sends the browser on with a session (implicit flow) or a code (PKCE); a client's POST, which is JSON, answers the session.
/// </summary>
sealed class Verify(
    Database database, Sessions sessions, MailVerification verification, MailTexts texts, Redirects redirects, AuthLimits limits, TimeProvider time)
{
    internal sealed record Request(
        string? Type = null, string? Token = null, string? TokenHash = null, string? Email = null, string? Phone = null);

    internal sealed record FirstOfTwo(string Msg, string Code);

    const string FirstAccepted = "Confirmation link accepted. Please proceed to confirm link sent to the other email";

    internal static IResult Get(HttpContext context, Verify verify) => verify.Page(context);

    internal static Task<IResult> PostAsync(HttpContext context, Verify verify, CancellationToken cancellationToken)
        => context.Request.HasFormContentType ? verify.SubmitAsync(context, cancellationToken) : verify.AnswerAsync(context, cancellationToken);

    // Nothing is looked up: the page is the same for a good link, a bad one and one that is spent.
    IResult Page(HttpContext context)
    {
        var query = context.Request.Query;
        var token = query["token"].ToString() is { Length: > 0 } given ? given : query["token_hash"].ToString();
        var type = query["type"].ToString();
        if (type.Length == 0)
            throw AuthError.Invalid("Verify requires a verification type");
        if (token.Length == 0)
            throw AuthError.Invalid("Verify requires a token or a token hash");
        var target = redirects.Choose(context.Request);
        // A browser applies form-action to where the answer sends it, too.
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {OriginOf(target)}; base-uri 'none'; frame-ancestors 'none'";
        context.Response.Headers["Referrer-Policy"] = "no-referrer"; // The address holds the token.
        var language = texts.Choose(context.Request);
        return Results.Content(Html(language, texts[language], token, type, target), "text/html; charset=utf-8");
    }

    async Task<IResult> SubmitAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var (token, type) = (form["token"].ToString(), form["type"].ToString());
        var target = redirects.Check(form["redirect_to"].ToString());
        try
        {
            await limits.VerifyAsync(context);
            await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
            var (origin, now) = (RequestOrigin.Of(context), time.GetUtcNow());
            var verified = await verification.VerifyLinkAsync(db, token, type, origin, cancellationToken);
            string place;
            if (!verified.IsComplete)
                place = BrowserAnswer.Message(target, FirstAccepted);
            else if (verified.FlowId is { } flow)
                place = BrowserAnswer.Code(target, await FlowStates.IssueCodeAsync(db, flow, verified.UserId, verified.Method, now, cancellationToken));
            else
                place = BrowserAnswer.Session(target, await StartAsync(db, verified, origin, cancellationToken), type);
            await db.CommitAsync(cancellationToken);
            return new SeeOther(place);
        }
        catch (AuthError error)
        {
            return new SeeOther(BrowserAnswer.Error(target, error, inQuery: token.StartsWith(AccountMails.PkcePrefix, StringComparison.Ordinal)));
        }
    }

    async Task<IResult> AnswerAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.VerifyRequest, cancellationToken);
        if (string.IsNullOrEmpty(request.Type))
            throw AuthError.Invalid("Verify requires a verification type");
        if (string.IsNullOrEmpty(request.Token) == string.IsNullOrEmpty(request.TokenHash))
            throw AuthError.Invalid("Verify requires either a token or a token hash");
        await limits.VerifyAsync(context);

        var origin = RequestOrigin.Of(context);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var verified = string.IsNullOrEmpty(request.TokenHash)
            ? await VerifyDigitsAsync(context, db, request, origin, cancellationToken)
            : await VerifyHashAsync(db, request, origin, cancellationToken);
        if (!verified.IsComplete)
        {
            await db.CommitAsync(cancellationToken);
            return TypedResults.Json(new FirstOfTwo(FirstAccepted, "200"), AuthJson.Default.FirstOfTwo);
        }

        var session = await StartAsync(db, verified, origin, cancellationToken);
        await db.CommitAsync(cancellationToken);
        return TypedResults.Json(session, AuthJson.Default.SessionResponse);
    }

    async Task<Verified> VerifyHashAsync(DbSession db, Request request, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(request.Email) || !string.IsNullOrEmpty(request.Phone))
            throw AuthError.Invalid("Only the token_hash and type should be provided");
        return MailVerification.TokenTypesOf(request.Type!).Length > 0
            ? await verification.VerifyLinkAsync(db, request.TokenHash!, request.Type!, origin, cancellationToken)
            : throw AuthError.Invalid("Invalid email verification type");
    }

    async Task<Verified> VerifyDigitsAsync(
        HttpContext context, DbSession db, Request request, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(request.Email) && !string.IsNullOrEmpty(request.Phone))
            throw AuthError.Invalid("Only an email address or phone number should be provided on verify");
        if (string.IsNullOrEmpty(request.Email))
        {
            PhoneNumber.Normalize(request.Phone ?? "");
            throw AuthError.OtpExpired(); // There are no phones here, so nobody has this one.
        }

        if (MailVerification.TokenTypesOf(request.Type!).Length == 0)
            throw AuthError.Invalid("Unsupported verification type");
        var email = EmailAddress.Normalize(request.Email);
        return await verification.VerifyDigitsAsync(context, db, email, request.Token!, request.Type!, origin, cancellationToken);
    }

    async Task<SessionResponse> StartAsync(DbSession db, Verified verified, RequestOrigin origin, CancellationToken cancellationToken)
        => await sessions.StartAsync(
            db, new SignIn(verified.UserId, verified.Method), origin,
            AuditLog.Insert(AuditEntry.LoggedIn, verified.UserId, verified.Email, origin, time.GetUtcNow()), cancellationToken)
            ?? throw AuthError.OtpExpired();

    // Of an address that was checked. A scheme of an app has no origin.
    static string OriginOf(string target)
    {
        var uri = new Uri(target);
        return uri.Scheme is "http" or "https" ? uri.GetLeftPart(UriPartial.Authority) : $"{uri.Scheme}:";
    }

    static string Html(string language, MailLanguage words, string token, string type, string target)
        => $$"""
            <!doctype html>
            <html lang="{{language}}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>{{Encode(words.PageTitle)}}</title>
            <style>
            body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #f4f5f7 }
            main { box-sizing: border-box; width: min(28rem, calc(100vw - 2rem)); padding: 2rem; border-radius: .75rem; background: #fff; box-shadow: 0 1px 4px rgb(0 0 0 / .15) }
            h1 { margin: 0 0 .5rem; font-size: 1.5rem }
            button { width: 100%; margin-top: 1rem; padding: .75rem; border: 0; border-radius: .5rem; font: inherit; font-weight: 600; color: #fff; background: #1c5fd4; cursor: pointer }
            button:focus-visible { outline: 3px solid #1a1a1a; outline-offset: 2px }
            @media (prefers-color-scheme: dark) { body { color: #eee; background: #16181d } main { background: #23262d } button:focus-visible { outline-color: #fff } }
            </style>
            </head>
            <body>
            <main>
            <h1>{{Encode(words.PageTitle)}}</h1>
            <p>{{Encode(words.PageText)}}</p>
            <form method="post" action="verify">
            <input type="hidden" name="token" value="{{Encode(token)}}">
            <input type="hidden" name="type" value="{{Encode(type)}}">
            <input type="hidden" name="redirect_to" value="{{Encode(target)}}">
            <button type="submit" autofocus>{{Encode(words.PageAction)}}</button>
            </form>
            </main>
            </body>
            </html>

            """;

    static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
