using Evolv.Auth.External;
using Evolv.Auth.Flows;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Endpoints;

/// <summary>
/// GET and POST /auth/v1/callback: a browser comes back from a provider, which knows this address. Whatever goes wrong, the person ends on
/// the page that they came from.
/// </summary>
static class Callback
{
    /// <summary>What it needs.</summary>
    internal sealed class Work(
        ExternalProviders providers, ExternalFlows flows, ExternalAccounts accounts, Sessions sessions, TimeProvider time, ILogger<Work> logger)
    {
        internal Task<ExternalFlow?> TakeAsync(string state, CancellationToken cancellationToken) => flows.TakeAsync(state, cancellationToken);

        /// <summary>Where the browser goes.</summary>
        internal async Task<string> FinishAsync(
            ExternalFlow flow, ProviderAnswer answer, RequestOrigin origin, CancellationToken cancellationToken)
        {
            try
            {
                if (answer.Error.Length > 0)
                {
                    await flows.ForgetAsync(flow, cancellationToken);
                    return BrowserAnswer.Error(flow.Referrer, answer.Error, code: null, answer.ErrorDescription, inQuery: true);
                }

                if (answer.Code.Length == 0)
                    throw AuthError.BadOAuthCallback("OAuth callback with missing authorization code missing");
                if (!providers.TryFind(flow.Provider, out var provider))
                    throw AuthError.OAuthProviderNotSupported();
                var (person, tokens) = await AskAsync(provider, flow, answer, cancellationToken);
                return await accounts.EnterAsync(
                    person, flow.LinkTo, origin, (db, entered) => EndAsync(db, flow, entered, tokens, origin, cancellationToken), cancellationToken);
            }
            catch (AuthError error)
            {
                await flows.ForgetAsync(flow, cancellationToken);
                return BrowserAnswer.Error(flow.Referrer, error, inQuery: true);
            }
        }

        async Task<(ExternalPerson, ProviderTokens)> AskAsync(
            IExternalProvider provider, ExternalFlow flow, ProviderAnswer answer, CancellationToken cancellationToken)
        {
            ProviderTokens? tokens = null;
            try
            {
                tokens = await provider.ExchangeAsync(answer.Code, flow.CodeVerifier, cancellationToken);
                return (await provider.ReadPersonAsync(tokens, answer, flow.NonceHash, cancellationToken), tokens);
            }
            catch (ProviderFailure failure)
            {
                logger.ExternalProviderFailed(provider.Name, failure.Message);
                throw tokens is null ? AuthError.ExternalExchangeFailed() : AuthError.ExternalProfileFailed();
            }
        }

        async Task<string> EndAsync(
            DbSession db, ExternalFlow flow, Entered entered, ProviderTokens tokens, RequestOrigin origin, CancellationToken cancellationToken)
        {
            if (flow.IsPkce)
            {
                var code = await flows.IssueCodeAsync(db, flow, entered.UserId, tokens, cancellationToken);
                return BrowserAnswer.Code(flow.Referrer, code);
            }

            await ExternalFlows.EndAsync(db, flow, cancellationToken);
            var session = await sessions.StartAsync(
                db, new SignIn(entered.UserId, ExternalFlows.Method), origin,
                AuditLog.Insert(AuditEntry.LoggedIn, entered.UserId, entered.Email, origin, time.GetUtcNow()), cancellationToken)
                ?? throw AuthError.UserNotFound();
            return BrowserAnswer.Session(
                flow.Referrer, session with { ProviderToken = tokens.AccessToken, ProviderRefreshToken = tokens.RefreshToken });
        }
    }

    internal static async Task<IResult> HandleAsync(
        HttpContext context, Work work, IOptions<AuthOptions> options, CancellationToken cancellationToken)
    {
        var answer = await ReadAsync(context.Request, cancellationToken);
        if (answer.State.Length == 0)
            return Refuse(AuthError.BadOAuthCallback("OAuth state parameter missing"));
        if (await work.TakeAsync(answer.State, cancellationToken) is not { } flow)
            return Refuse(AuthError.BadOAuthState());
        var url = await work.FinishAsync(flow, answer, RequestOrigin.Of(context), cancellationToken);
        // A form that was posted here must not be posted on to the page.
        return HttpMethods.IsPost(context.Request.Method) ? new SeeOther(url) : TypedResults.Redirect(url);

        IResult Refuse(AuthError error) => new SeeOther(BrowserAnswer.ErrorInQuery(options.Value.SiteUrl, error));
    }

    static async Task<ProviderAnswer> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var form = HttpMethods.IsPost(request.Method) ? await ReadFormAsync(request, cancellationToken) : null;
        string Text(string name) => form is null ? request.Query[name].ToString() : form[name].ToString();
        return new ProviderAnswer(Text("state"), Text("code"), Text("error"), Text("error_description"), Text("iss"), Text("user"));
    }

    static async Task<IFormCollection> ReadFormAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return request.HasFormContentType ? await request.ReadFormAsync(cancellationToken) : FormCollection.Empty;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException and not BadHttpRequestException)
        {
            return FormCollection.Empty; // No form, whatever it says: it has no state.
        }
    }
}
