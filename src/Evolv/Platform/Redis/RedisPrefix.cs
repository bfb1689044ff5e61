using Evolv.Platform.Data;

namespace Evolv.Platform.Redis;

/// <summary>
/// What the names of an installation begin with in Redis: equal for all its servers, whatever way they take to PostgreSQL, and for no
/// other installation.
/// </summary>
sealed class RedisPrefix(Database database)
{
    // PostgreSQL's word for the login itself: a database of somebody else's has no role of ours.
    static readonly Caller Login = new("none", "{}");

    volatile string? _prefix;

    internal async ValueTask<string> FindAsync(CancellationToken cancellationToken)
    {
        if (_prefix is { } known)
            return known;
        var installation = await database.QuerySingleAsync(
            Login, $"select system_identifier || ':' || current_database() from pg_control_system()", row => row.GetString(0), cancellationToken);
        return _prefix = $"evolv:{installation}:";
    }
}
