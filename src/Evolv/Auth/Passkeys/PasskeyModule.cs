using Evolv.Auth.Endpoints;
using Evolv.Platform.Doctor;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Passkeys;

/// <summary>Passkeys: who we are to authenticators, what is checked of what they say, and the endpoints.</summary>
static class PasskeyModule
{
    internal static void AddPasskeys(this IServiceCollection services)
    {
        services.AddSettings<PasskeyOptions, PasskeyOptions.Validator>(PasskeyOptions.Section);
        services.AddSingleton<RelyingParty>();
        services.AddSingleton<PasskeyVerifier>();
        services.AddSingleton<PasskeyRegistration>();
        services.AddSingleton<PasskeyAuthentication>();
        services.AddSingleton(provider => DoctorCheck.Of("passkeys", _ => PasskeyCheck.Run(
            provider.GetRequiredService<RelyingParty>(), provider.GetRequiredService<IOptions<PasskeyOptions>>().Value)));
    }

    internal static void MapPasskeys(this RouteGroupBuilder auth, RelyingParty party)
    {
        // Administrators see and remove them where they are off, too.
        auth.MapGet("/admin/users/{userId}/passkeys", AdminUserPasskeys.ListAsync);
        auth.MapDelete("/admin/users/{userId}/passkeys/{passkeyId}", AdminUserPasskeys.DeleteAsync);
        if (!party.IsOn)
        {
            auth.Map("/passkeys/{**path}", IResult () => throw AuthError.PasskeysDisabled());
            return;
        }

        auth.MapPost("/passkeys/registration/options", PasskeyRegistration.OptionsAsync);
        auth.MapPost("/passkeys/registration/verify", PasskeyRegistration.VerifyAsync);
        auth.MapPost("/passkeys/authentication/options", PasskeyAuthentication.OptionsAsync);
        auth.MapPost("/passkeys/authentication/verify", PasskeyAuthentication.VerifyAsync);
        auth.MapGet("/passkeys", UserPasskeys.ListAsync);
        auth.MapPatch("/passkeys/{passkeyId}", UserPasskeys.RenameAsync);
        auth.MapDelete("/passkeys/{passkeyId}", UserPasskeys.DeleteAsync);
    }
}
