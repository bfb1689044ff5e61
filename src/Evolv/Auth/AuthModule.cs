using Evolv.Auth.Endpoints;
using Evolv.Auth.External;
using Evolv.Auth.Grants;
using Evolv.Auth.Mail;
using Evolv.Auth.Mfa;
using Evolv.Auth.OAuthServer;
using Evolv.Auth.Passkeys;
using Evolv.Auth.Tokens;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Evolv.Platform.RateLimits;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Auth;

/// <summary>/auth/v1: accounts, sessions, tokens and keys, in GoTrue's protocol.</summary>
static class AuthModule
{
    internal static IServiceCollection AddAuth(this IServiceCollection services)
    {
        services.AddSettings<AuthOptions, AuthOptions.Validator>(AuthOptions.Section);
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<Revocations>();
        services.AddSingleton(provider => new StartupStep( // Before the keys: it will tell of every change of them.
            (_, cancellationToken) => provider.GetRequiredService<Revocations>().LoadAsync(cancellationToken), NeedsOurSchema: true));
        services.AddSingleton(provider => new StartupStep(
            provider.GetRequiredService<SigningKeys>().LoadAsync, NeedsOurSchema: true));
        services.AddHostedService(provider => provider.GetRequiredService<Revocations>());
        services.AddSingleton(provider => new ReadinessCheck("keys", _ => Task.FromResult(
            provider.GetRequiredService<SigningKeys>().IsLoaded ? null : "not loaded"), NeedsOurSchema: true));
        services.AddSingleton(provider => new ReadinessCheck("revocations", _ => Task.FromResult(
            provider.GetRequiredService<Revocations>().Missing), NeedsOurSchema: true));
        services.AddSingleton<TokenVerifier>();
        services.AddSingleton<CallerFinder>();
        services.AddSingleton<FindCaller>(provider => provider.GetRequiredService<CallerFinder>().FindAsync);
        services.AddSingleton<FindEndedSessions>(provider => provider.GetRequiredService<CallerFinder>().FindEndedAsync);
        services.AddSingleton<AccessToken>();
        services.AddSingleton<RefreshTokens>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<PasswordHash>(provider => provider.GetRequiredService<Passwords>().Hash);
        services.AddSingleton(new ErrorFamily("/auth/v1", typeof(AuthError)));
        services.AddSingleton(provider => new HttpFamily("/auth/v1", (context, refusal) => AuthErrorHandler.AnswerAsync(
            context, refusal, provider.GetRequiredService<ILogger<AuthErrorHandler>>()))
        { HasSecrets = true });
        services.AddSingleton<PasswordPolicy>();
        services.AddSingleton<PasswordGrant>();
        services.AddSingleton<RefreshTokenGrant>();
        services.AddSingleton<PkceGrant>();
        services.AddSettings<AuthLimitOptions, AuthLimitOptions.Validator>(AuthLimitOptions.Section);
        services.AddSingleton<AuthLimits>().AddSingleton<Redirects>();
        services.AddMail();
        services.AddHostedService<Upkeep>();
        services.AddExternalIdentities();
        services.AddOAuthServer();
        services.AddSingleton<FactorVerification>();
        services.AddPasskeys();
        services.AddSingleton<Signup>().AddSingleton<Otp>().AddSingleton<Verify>().AddSingleton<User>().AddSingleton<AdminGenerateLink>();
        return services;
    }

    /// <summary>Finds out who asks, for every family, and answers errors of this one. After CORS, before the endpoints.</summary>
    internal static void UseAuth(this IApplicationBuilder app)
    {
        app.UseMiddleware<CallerMiddleware>();
        app.UseMiddleware<AuthErrorHandler>();
    }

    internal static void MapAuth(this IEndpointRouteBuilder app)
    {
        var auth = app.MapGroup("/auth/v1");
        if (!app.ServiceProvider.GetRequiredService<IOptions<ServerOptions>>().Value.Migrate)
        {
            auth.Map("/{**path}", string () => throw AuthError.NoAccounts());
            return;
        }

        auth.WithMetadata(new RateLimited(RateLimitTier.Auth, RefuseAsync));
        auth.MapPost("/signup", Signup.HandleAsync);
        auth.MapPost("/otp", Otp.HandleAsync);
        auth.MapPost("/magiclink", Otp.HandleAsync);
        auth.MapPost("/recover", Recover.HandleAsync);
        auth.MapPost("/resend", Resend.HandleAsync);
        auth.MapGet("/reauthenticate", Reauthenticate.HandleAsync);
        auth.MapMethods("/verify", [HttpMethods.Get, HttpMethods.Head], Verify.Get); // Those who check links ask for the head alone.
        auth.MapPost("/verify", Verify.PostAsync);
        auth.MapPost("/token", Token.HandleAsync);
        auth.MapGet("/user", User.GetAsync);
        auth.MapPut("/user", User.PutAsync);
        auth.MapPost("/logout", Logout.HandleAsync);
        auth.MapGet("/authorize", Authorize.HandleAsync);
        auth.MapMethods("/callback", [HttpMethods.Get, HttpMethods.Post], Callback.HandleAsync);
        auth.MapGet("/user/identities/authorize", Identities.AuthorizeAsync);
        auth.MapDelete("/user/identities/{id}", Identities.DeleteAsync);
        auth.MapGet("/settings", Settings.HandleAsync);
        auth.MapGet("/health", Health.Handle);
        auth.MapGet("/.well-known/jwks.json", Jwks.HandleAsync);
        MapFactors(auth);
        MapAdmin(auth);
        auth.MapPasskeys(app.ServiceProvider.GetRequiredService<RelyingParty>());
        auth.MapGet("/.well-known/openid-configuration", OpenIdConfiguration.HandleAsync);
        auth.MapOAuthServer(app);
        auth.MapSwitchedOff();
        auth.Map("/{**path}", string () => throw AuthError.UnknownPath());
        app.MapGet("/mail", MailCatcher.HandleAsync);
        app.MapGet("/mail/style.css", MailCatcher.StyleAsync);
    }

    static void MapFactors(RouteGroupBuilder auth)
    {
        auth.MapPost("/factors", Factors.EnrollAsync);
        auth.MapDelete("/factors/{factorId}", Factors.UnenrollAsync);
        auth.MapPost("/factors/{factorId}/challenge", FactorChallenge.HandleAsync);
        auth.MapPost("/factors/{factorId}/verify", FactorVerify.HandleAsync);
        auth.MapGet("/factors/recovery-codes", FactorsRecoveryCodes.StatusAsync);
        auth.MapPost("/factors/recovery-codes", FactorsRecoveryCodes.GenerateAsync);
        auth.MapPost("/factors/recovery-codes/regenerate", FactorsRecoveryCodes.GenerateAsync);
        auth.MapPost("/factors/recovery-codes/verify", FactorsRecoveryCodes.VerifyAsync);
        auth.MapDelete("/factors/recovery-codes", FactorsRecoveryCodes.DeleteAsync);
        auth.MapGet("/user/sessions", UserSessions.HandleAsync);
        auth.MapDelete("/user/sessions/{sessionId}", UserSessions.EndAsync);
    }

    static void MapAdmin(RouteGroupBuilder auth)
    {
        auth.MapGet("/admin/users", AdminUsers.ListAsync);
        auth.MapPost("/admin/users", AdminUserCreate.HandleAsync);
        auth.MapGet("/admin/users/{userId}", AdminUsers.GetAsync);
        auth.MapPut("/admin/users/{userId}", AdminUserUpdate.HandleAsync);
        auth.MapDelete("/admin/users/{userId}", AdminUsers.DeleteAsync);
        auth.MapGet("/admin/users/{userId}/factors", AdminUserFactors.ListAsync);
        auth.MapPut("/admin/users/{userId}/factors/{factorId}", AdminUserFactors.UpdateAsync);
        auth.MapDelete("/admin/users/{userId}/factors/{factorId}", AdminUserFactors.DeleteAsync);
        auth.MapGet("/admin/users/{userId}/sessions", AdminUserSessions.ListAsync);
        auth.MapPost("/admin/users/{userId}/logout", AdminUserSessions.LogoutAsync);
        auth.MapPost("/invite", Invite.HandleAsync);
        auth.MapPost("/admin/generate_link", AdminGenerateLink.HandleAsync);
        auth.MapGet("/admin/audit", AdminAudit.HandleAsync);
    }

    static Task RefuseAsync(HttpContext context, int seconds)
        => AuthErrorHandler.WriteAsync(context, context.Request.Query["grant_type"] == "refresh_token"
            ? AuthError.RateLimitedRefresh(seconds)
            : AuthError.RateLimited(seconds));
}
