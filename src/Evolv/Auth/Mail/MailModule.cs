using Evolv.Auth.Endpoints;
using Evolv.Auth.Flows;
using Evolv.Platform;
using Evolv.Platform.Cli;
using Evolv.Platform.Doctor;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Mail;

/// <summary>Mails about accounts: texts, tokens, delivery, and what is behind their links.</summary>
static class MailModule
{
    internal static IServiceCollection AddMail(this IServiceCollection services)
    {
        services.AddSettings<MailOptions, MailOptions.Validator>(MailOptions.Section);
        services.AddOptions<AuthOptions>().PostConfigure<IOptions<ServerOptions>, IOptions<MailOptions>>(
            (auth, server, mail) => auth.Complete(server.Value, mail.Value));
        services.AddSingleton<MailTexts>().AddSingleton<MailBell>().AddSingleton<AccountMails>().AddSingleton<MailCatcher>();
        services.AddSingleton<EmailChange>().AddSingleton<MailVerification>();
        services.AddSingleton(provider => new StatusLine("MAIL_URL", url => MailCatcher.UrlAt(
            url, provider.GetRequiredService<IOptions<AuthOptions>>().Value, provider.GetRequiredService<IOptions<MailOptions>>().Value,
            provider.GetRequiredService<IOptions<ServerOptions>>().Value) ?? ""));
        services.AddHostedService<MailDelivery>();
        services.AddSingleton(provider => new DoctorCheck("mail", (_, cancellationToken) => MailCheck.RunAsync(
            provider.GetRequiredService<IOptions<AuthOptions>>().Value, provider.GetRequiredService<IOptions<MailOptions>>().Value, cancellationToken)));
        return services;
    }
}
