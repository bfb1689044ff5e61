using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Rest;

/// <summary>
/// Section <c>Rest</c>: PostgREST's settings by PostgREST's names, <c>db-max-rows</c> as <c>DbMaxRows</c>. The database may
/// override them: <c>alter role authenticator set pgrst.db_max_rows = '500'</c>.
/// </summary>
sealed partial class RestOptions
{
    internal const string Section = "Rest";

    /// <summary>Exposed schemas, separated by commas; the first is the default of a request.</summary>
    [Required]
    public string DbSchemas { get; set; } = "public";

    /// <summary>Role of a request without a token; empty refuses such requests.</summary>
    public string DbAnonRole { get; set; } = "anon";

    /// <summary>Schemas added to the search path: their functions and operators are found, but not exposed.</summary>
    public string DbExtraSearchPath { get; set; } = "public";

    /// <summary>Most rows of one answer, on each level; 0 for no limit.</summary>
    [Range(0, int.MaxValue)]
    public int DbMaxRows { get; set; } = 1000;

    /// <summary>Function that runs before each request, as the caller: <c>schema.name</c>.</summary>
    public string? DbPreRequest { get; set; }

    /// <summary>How transactions end: commit, commit-allow-override, rollback or rollback-allow-override (<c>Prefer: tx=</c>).</summary>
    [RegularExpression("^(commit|rollback)(-allow-override)?$")]
    public string DbTxEnd { get; set; } = "commit";

    /// <summary>Whether clients may use <c>sum()</c>, <c>avg()</c>, <c>count()</c>, <c>max()</c> and <c>min()</c>.</summary>
    public bool DbAggregatesEnabled { get; set; }

    /// <summary>Whether <c>Accept: application/vnd.pgrst.plan</c> answers with EXPLAIN; not for production.</summary>
    public bool DbPlanEnabled { get; set; }

    /// <summary>Whether settings stored in the database override these.</summary>
    public bool DbConfig { get; set; } = true;

    /// <summary>Channel on which <c>reload schema</c> and <c>reload config</c> are heard.</summary>
    [Required]
    public string DbChannel { get; set; } = "pgrst";

    /// <summary>Whether that channel is listened to.</summary>
    public bool DbChannelEnabled { get; set; } = true;

    /// <summary>SET clauses of a function that hold for the whole transaction and not for the function alone.</summary>
    public string DbHoistedTxSettings { get; set; } = "statement_timeout, plan_filter.statement_cost_limit, default_transaction_isolation";

    /// <summary>Function that answers at the root instead of the OpenAPI document.</summary>
    public string? DbRootSpec { get; set; }

    /// <summary>
    /// Secret (HS256), JSON Web Key or key set of tokens made elsewhere, such as a Supabase project's. Evolv's own tokens are
    /// accepted without it. A role in such a token must be granted to the login of the pool.
    /// </summary>
    public string? JwtSecret { get; set; }

    /// <summary>Whether <c>JwtSecret</c> is base64.</summary>
    public bool JwtSecretIsBase64 { get; set; }

    /// <summary>Audience that such a token must name, if it names any.</summary>
    public string? JwtAud { get; set; }

    /// <summary>Path of the claim that holds the role.</summary>
    public string JwtRoleClaimKey { get; set; } = ".role";

    /// <summary>The OpenAPI document at the root: follow-privileges, ignore-privileges or disabled.</summary>
    [RegularExpression("^(follow-privileges|ignore-privileges|disabled)$")]
    public string OpenapiMode { get; set; } = "follow-privileges";

    /// <summary>Whether the OpenAPI document says that tokens are taken.</summary>
    public bool OpenapiSecurityActive { get; set; }

    /// <summary>Address of the API as clients see it, for the OpenAPI document.</summary>
    public string? OpenapiServerProxyUri { get; set; }

    /// <summary>Whether answers tell in <c>Server-Timing</c> how long each stage took.</summary>
    public bool ServerTimingEnabled { get; set; }

    /// <summary>Request header that is copied into the answer.</summary>
    public string? ServerTraceHeader { get; set; }

    /// <summary>Whether filters may name an embedded table that has an alias by its own name (deprecated by PostgREST).</summary>
    public bool UrlUseLegacyTargetNames { get; set; } = true;

    /// <summary>What an error tells: verbose, or minimal for code and message alone.</summary>
    [RegularExpression("^(verbose|minimal)$")]
    public string ClientErrorVerbosity { get; set; } = "verbose";

    /// <summary>Settings for SQL, readable there with <c>current_setting('app.settings.name')</c>: <c>name=value, …</c></summary>
    public string? AppSettings { get; set; }

    /// <summary>Largest body of a request, in bytes. A larger one is answered with 413.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>Deepest nesting of embeds and of <c>and</c>/<c>or</c>.</summary>
    [Range(1, 100)]
    public int MaxDepth { get; set; } = 10;

    /// <summary>Most conditions, selected items and order terms of one request together.</summary>
    [Range(10, 100_000)]
    public int MaxConditions { get; set; } = 1000;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<RestOptions>;
}
