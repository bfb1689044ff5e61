using Evolv.Auth.Endpoints;
using Evolv.Auth.Grants;
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
        services.AddSingleton(provider => new StartupStep(
            provider.GetRequiredService<SigningKeys>().LoadAsync, NeedsOurSchema: true));
        services.AddSingleton(provider => new ReadinessCheck("keys", _ => Task.FromResult(
            provider.GetRequiredService<SigningKeys>().IsLoaded ? null : "not loaded"), NeedsOurSchema: true));
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
        auth.MapPost("/token", Token.HandleAsync);
        auth.MapGet("/user", User.GetAsync);
        auth.MapPut("/user", User.UpdateAsync);
        auth.MapPost("/logout", Logout.HandleAsync);
        auth.MapGet("/settings", Settings.HandleAsync);
        auth.MapGet("/health", Health.Handle);
        auth.MapGet("/.well-known/jwks.json", Jwks.HandleAsync);
        auth.Map("/{**path}", string () => throw AuthError.UnknownPath());
    }

    static Task RefuseAsync(HttpContext context, int seconds)
        => AuthErrorHandler.WriteAsync(context, context.Request.Query["grant_type"] == "refresh_token"
            ? AuthError.RateLimitedRefresh(seconds)
            : AuthError.RateLimited(seconds));
}
