using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>The two logins: the owner, who migrates and reads keys, and the pool, which may only become the API roles.</summary>
sealed record ConnectionStrings(NpgsqlConnectionStringBuilder Owner, NpgsqlConnectionStringBuilder Pool, bool OwnsPoolLogin)
{
    internal const string Authenticator = "authenticator";

    internal static ConnectionStrings From(DatabaseOptions options, NpgsqlConnectionStringBuilder owner)
    {
        owner.Pooling = false;
        owner.ApplicationName = "evolv-owner";
        var ownsPoolLogin = string.IsNullOrEmpty(options.PoolConnectionString);
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
            : Parse(options.PoolConnectionString!, "Database:PoolConnectionString");
        pool.Pooling = true;
        pool.ApplicationName = "evolv";
        pool.MaxPoolSize = options.MaxPoolSize;
        pool.MaxAutoPrepare = options.MaxAutoPrepare;
        pool.AutoPrepareMinUsages = 2;
        // PostgREST's clients read it; the other families do not pass it on.
        pool.IncludeErrorDetail = true;
        // Safe because every setting is local to its transaction (a test proves it), and worth half the rate.
        pool.NoResetOnClose = true;
        return new ConnectionStrings(owner, pool, ownsPoolLogin);
    }

    /// <summary>Reads Npgsql's key=value form or a <c>postgres://</c> URL.</summary>
    internal static NpgsqlConnectionStringBuilder Parse(string text, string setting)
    {
        try
        {
            if (!text.StartsWith("postgres://", StringComparison.Ordinal) &&
                !text.StartsWith("postgresql://", StringComparison.Ordinal))
                return new NpgsqlConnectionStringBuilder(text);

            var url = new Uri(text);
            var login = url.UserInfo.Split(':', 2);
            return new NpgsqlConnectionStringBuilder
            {
                Host = url.Host,
                Port = url.Port > 0 ? url.Port : 5432,
                Username = Uri.UnescapeDataString(login[0]),
                Password = login.Length > 1 ? Uri.UnescapeDataString(login[1]) : null,
                Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
            };
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException or FormatException)
        {
            throw new SetupException($"{setting} cannot be read ({exception.Message.TrimEnd('.')}); write Host=…;Username=…;Password=…;Database=… or postgresql://user:password@host:port/database.");
        }
    }

    /// <summary>The owner's login as a URL for other tools.</summary>
    internal string OwnerUrl
        => $"postgresql://{Uri.EscapeDataString(Owner.Username!)}:{Uri.EscapeDataString(Owner.Password ?? "")}@{Owner.Host}:{Owner.Port}/{Uri.EscapeDataString(Owner.Database!)}";

    // Every server that knows the owner's password finds the same one, so there is nothing to store or to share.
    static string Derive(string password, string role)
        => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(password), Encoding.UTF8.GetBytes(role)));
}
