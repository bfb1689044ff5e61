using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Data;

/// <summary>Section <c>Database</c>: where PostgreSQL is. Without a connection string Evolv runs its own.</summary>
sealed partial class DatabaseOptions
{
    internal const string Section = "Database";

    /// <summary>
    /// PostgreSQL 15 or newer instead of the embedded one, as the owner of the database, who may create roles:
    /// <c>Host=…;Username=…;Password=…;Database=…</c> or a <c>postgresql://</c> URL. Migrations run with it.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// How requests reach PostgreSQL when it is another way than the owner's, for example through PgBouncer: a login that
    /// may become anon, authenticated, service_role and supabase_auth_admin. Empty: the role authenticator at the same
    /// host, with a password that Evolv derives from the owner's.
    /// </summary>
    public string? PoolConnectionString { get; set; }

    /// <summary>Connections that one server opens at most.</summary>
    [Range(1, 1000)]
    public int MaxPoolSize { get; set; } = 20;

    /// <summary>Seconds that a request waits for one of these connections; /rest/v1 answers 504 then.</summary>
    [Range(1, 300)]
    public int PoolAcquisitionTimeout { get; set; } = 10;

    /// <summary>Statements kept prepared on each connection; 0 for a pooler that does not support them.</summary>
    [Range(0, 1000)]
    public int MaxAutoPrepare { get; set; } = 100;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<DatabaseOptions>;
}
