using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>What a failure of PostgreSQL means to a caller, before a family puts it into its own dialect.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">A stable word for programs.</param>
/// <param name="Message">Fit for the client: our own text, or PostgreSQL's about the caller's data.</param>
sealed record PgError(int Status, string Code, string Message);

/// <summary>The one table from SQLSTATE to HTTP that families outside /rest/v1 share.</summary>
static class PgErrors
{
    const string SqlState = "sqlstate";

    /// <summary>Whether the exception says that PostgreSQL cannot serve now but will again.</summary>
    internal static bool IsUnavailable(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState is ['0', '8', ..] or ['5', '3', ..] or "57P01" or "57P02" or "57P03",
        NpgsqlException => true, // No answer: refused, lost, or no free connection in time.
        TimeoutException => true,
        _ => false,
    };

    /// <summary>The exception as a log may have it: the DETAIL of PostgreSQL holds the rows of people.</summary>
    internal static Exception ForLog(Exception exception)
        => exception is PostgresException postgres
            ? new NpgsqlException($"{postgres.SqlState}: {postgres.MessageText} ({postgres.Routine ?? "?"})") { Data = { [SqlState] = postgres.SqlState } }
            : exception;

    /// <summary>The SQLSTATE somewhere in an exception, also of one <see cref="ForLog"/> made.</summary>
    internal static string? SqlStateOf(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (((exception as NpgsqlException)?.SqlState ?? exception.Data[SqlState] as string) is { } state)
                return state;
        }

        return null;
    }

    /// <summary>All of an exception and its causes, without the DETAIL of PostgreSQL, whoever logs it.</summary>
    internal static string TextForLog(Exception exception)
    {
        if (!HasDetail(exception))
            return exception.ToString();
        var lines = new List<string>();
        for (var cause = exception; cause is not null; cause = cause.InnerException)
            lines.Add($"{cause.GetType()}: {ForLog(cause).Message}");
        return $"{string.Join("\n ---> ", lines)}\n{exception.StackTrace}";
    }

    static bool HasDetail(Exception? exception)
        => exception is PostgresException || (exception is not null && HasDetail(exception.InnerException));

    internal static PgError From(PostgresException exception) => exception.SqlState switch
    {
        // Our functions say the status themselves, as PostgREST lets them, and the code in HINT: DETAIL may hold people's data.
        ['P', 'T', var a, var b, var c] when char.IsAsciiDigit(a) && char.IsAsciiDigit(b) && char.IsAsciiDigit(c)
            => new((a - '0') * 100 + (b - '0') * 10 + (c - '0'), exception.Hint ?? "failed", exception.MessageText),
        PostgresErrorCodes.InsufficientPrivilege => new(403, "forbidden", Raised(exception, "You are not allowed to do this.")),
        PostgresErrorCodes.UniqueViolation => new(409, "already_exists", "This exists already."),
        PostgresErrorCodes.ForeignKeyViolation => new(409, "not_found", "Something that this refers to does not exist."),
        PostgresErrorCodes.CheckViolation => new(400, "invalid_value", Raised(exception, $"The value breaks the rule {exception.ConstraintName}.")),
        PostgresErrorCodes.QueryCanceled => new(504, "timeout", "The database took too long."),
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable
            => new(503, "conflict", "Another request was in the way; try again."),
        ['2', '2', ..] or ['2', '3', ..] => new(400, "invalid_value", exception.MessageText),
        ['5', '4', ..] => new(413, "too_complex", "The request is too complex."),
        _ => new(500, "internal", "Internal error"),
    };

    // A message that our SQL raised was written for the caller; PostgreSQL's own would name tables.
    static string Raised(PostgresException exception, string otherwise)
        => exception.Routine == "exec_stmt_raise" ? exception.MessageText : otherwise;
}
