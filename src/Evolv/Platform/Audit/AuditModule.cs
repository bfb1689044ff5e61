using Evolv.Platform.Settings;

namespace Evolv.Platform.Audit;

/// <summary>The audit log: what was done that somebody may have to answer for (db/platform/0005_audit.sql).</summary>
static class AuditModule
{
    internal static IServiceCollection AddAudit(this IServiceCollection services)
        => services
            .AddSettings<AuditOptions, AuditOptions.Validator>(AuditOptions.Section)
            .AddSingleton<AuditHeads>()
            .AddHostedService<AuditSealer>();
}
