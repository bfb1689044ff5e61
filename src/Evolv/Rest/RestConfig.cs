using System.Collections.Frozen;
using System.Collections.Immutable;
using Evolv.Rest.Schema;

namespace Evolv.Rest;

/// <summary>Who may see the OpenAPI document, and what of it.</summary>
enum OpenApiMode
{
    FollowPrivileges,
    IgnorePrivileges,
    Disabled,
}

/// <summary>
/// <see cref="RestOptions"/> as they hold now: overridden by what the database stores, and read into values. Immutable; a
/// request keeps the one it started with.
/// </summary>
/// <param name="AnonRole">Null refuses requests without a token.</param>
/// <param name="MaxRows">Null for no limit.</param>
/// <param name="RollbackAll">Transactions end with a rollback unless <c>Prefer: tx=commit</c> may say otherwise.</param>
/// <param name="RoleSettings">What <c>alter role … set</c> says of the roles that the pool may become, to be set for each request.</param>
/// <param name="RoleIsolationLevels">From <c>alter role … set default_transaction_isolation</c>.</param>
/// <param name="AppSettings">Full names: <c>app.settings.name</c>.</param>
sealed record RestConfig(
    ImmutableArray<string> Schemas,
    string? AnonRole,
    ImmutableArray<string> ExtraSearchPath,
    int? MaxRows,
    QualifiedName? PreRequest,
    bool RollbackAll,
    bool AllowTxOverride,
    bool AggregatesEnabled,
    bool PlanEnabled,
    QualifiedName? RootSpec,
    ImmutableArray<string> HoistedSettings,
    JwtConfig? Jwt,
    OpenApiMode OpenApiMode,
    bool OpenApiSecurityActive,
    string? OpenApiServerProxyUri,
    bool ServerTimingEnabled,
    string? ServerTraceHeader,
    bool LegacyTargetNames,
    bool VerboseErrors,
    FrozenDictionary<string, ImmutableArray<KeyValuePair<string, string>>> RoleSettings,
    FrozenDictionary<string, string> RoleIsolationLevels,
    ImmutableArray<KeyValuePair<string, string>> AppSettings,
    RestLimits Limits);

/// <summary>Our own limits, which PostgREST does not have.</summary>
sealed record RestLimits(int MaxBodyBytes, int MaxDepth, int MaxConditions);

/// <summary>How tokens made elsewhere are checked.</summary>
/// <param name="Secret">The raw setting: a secret, a JSON Web Key or a key set.</param>
/// <param name="RoleClaim">PostgREST's path of the claim that holds the role: <c>.role</c>, <c>.app."my-role"</c>, <c>.roles[0]</c>.</param>
sealed record JwtConfig(string Secret, bool IsBase64, string? Audience, string RoleClaim);

/// <summary>What a request is served with: settings and schema of one moment.</summary>
/// <param name="Schema">Null until the catalog could be read; then every request is answered with PGRST002.</param>
sealed record RestSnapshot(RestConfig Config, SchemaCache? Schema);
