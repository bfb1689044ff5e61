using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>The two logins: the owner, who migrates and reads keys, and the pool, which may only become the API roles.</summary>
sealed record ConnectionStrings(NpgsqlConnectionStringBuilder Owner, NpgsqlConnectionStringBuilder Pool, bool OwnsPoolLogin)
{
    internal const string Authenticator = "authenticator";

    /// <param name="hasOurRoles">False for a database of somebody else's: the pool logs in as it was told, with or without a password.</param>
    internal static ConnectionStrings From(DatabaseOptions options, NpgsqlConnectionStringBuilder owner, bool hasOurRoles = true)
    {
        owner.Pooling = false;
        owner.ApplicationName = "evolv-owner";
        var ownsPoolLogin = hasOurRoles && string.IsNullOrEmpty(options.PoolConnectionString);
        if (ownsPoolLogin && string.IsNullOrEmpty(owner.Password))
        {
            throw new SetupException(
                "Database:ConnectionString has no password, so none can be derived for the role authenticator; " +
                "add one, or set Database:PoolConnectionString.");
        }

        var pool = ownsPoolLogin
            ? new NpgsqlConnectionStringBuilder(owner.ConnectionString)
            {
                Username = Authenticator,
                Password = Derive(owner.Password!, Authenticator),
            }
            : string.IsNullOrEmpty(options.PoolConnectionString) ? new NpgsqlConnectionStringBuilder(owner.ConnectionString)
            : Parse(options.PoolConnectionString, "Database:PoolConnectionString");
        pool.Pooling = true;
        pool.ApplicationName = "evolv";
        pool.MaxPoolSize = options.MaxPoolSize;
        pool.Timeout = options.PoolAcquisitionTimeout;
        pool.MaxAutoPrepare = options.MaxAutoPrepare;
        pool.AutoPrepareMinUsages = 2;
        pool.ReadBufferSize = 32 * 1024; // A page of JSON comes in a few reads.
        // PostgREST's clients read it; the other families do not pass it on, and no log has it (PgErrors.ForLog).
        pool.IncludeErrorDetail = true;
        // Safe because every setting is local to its transaction (a test proves it), and worth half the rate.
        pool.NoResetOnClose = true;
        return new ConnectionStrings(owner, pool, ownsPoolLogin);
    }

    /// <summary>Reads Npgsql's key=value form or one of libpq's.</summary>
    internal static NpgsqlConnectionStringBuilder Parse(string text, string setting)
    {
        try
        {
            return LibpqAddress.TryParse(text) ?? new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            throw new SetupException($"{setting} cannot be read ({exception.Message.TrimEnd('.')}); write Host=…;Username=…;Password=…;Database=… or postgresql://user:password@host:port/database.");
        }
    }

    /// <summary>The owner's login as a URL for other tools.</summary>
    internal string OwnerUrl
        => $"postgresql://{Uri.EscapeDataString(Owner.Username ?? "")}{(string.IsNullOrEmpty(Owner.Password) ? "" : ":" + Uri.EscapeDataString(Owner.Password))}@{Owner.Host}:{Owner.Port}/{Uri.EscapeDataString(Owner.Database ?? "")}";

    /// <summary>A secret that all servers of the installation know and nobody else; null when there is no password to derive it from.</summary>
    internal byte[]? SecretOf(string purpose)
        => new[] { Owner.Password, Pool.Password }.FirstOrDefault(password => !string.IsNullOrEmpty(password)) is { } password
            ? Convert.FromHexString(Derive(password, purpose))
            : null;

    // Every server that knows the owner's password finds the same one, so there is nothing to store or to share.
    static string Derive(string password, string role)
        => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(password), Encoding.UTF8.GetBytes(role)));
}
