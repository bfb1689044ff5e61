using Evolv.Platform.Data;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Realtime.Changes;

/// <summary>Whether a condition holds, and what PostgreSQL said if it could not tell.</summary>
readonly record struct FilterAnswer(bool Passes, string? Error = null);

/// <summary>
/// Conditions that only PostgreSQL can decide: a type's own order, a collation, a pattern. Each question is asked as the
/// subscriber, so that a pattern which takes too long is theirs.
/// </summary>
sealed class FilterQuestions(Database database, FilterPatience patience)
{
    const int LongestMilliseconds = 200;

    readonly Dictionary<(Caller Caller, string Sql, string Values, string? Value), FilterAnswer> _answers = [];
    readonly List<(Caller Caller, ChangeFilter Filter, string? Value)> _open = [];

    internal bool IsEmpty => _open.Count == 0;

    internal void Add(Caller caller, ChangeFilter filter, string? value)
    {
        if (_answers.TryAdd(Key(caller, filter, value), default))
            _open.Add((caller, filter, value));
    }

    /// <summary>No for what was refused.</summary>
    internal FilterAnswer Find(Caller caller, ChangeFilter filter, string? value) => _answers[Key(caller, filter, value)];

    internal async Task AskAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            _open.RemoveAll(IsRefused);
            if (_open.Count == 0)
                return;
            var answered = 0;
            try
            {
                await database.AskEachAsync(
                    [.. _open.Select(question => (question.Caller, Command(question.Filter, question.Value)))],
                    LongestMilliseconds,
                    async (reader, token) =>
                    {
                        await reader.ReadAsync(token);
                        Answer(_open[answered], new FilterAnswer(reader.GetBoolean(0)));
                        answered++;
                    },
                    cancellationToken);
                return;
            }
            catch (PostgresException exception) when (!PgErrors.IsUnavailable(exception))
            {
                Answer(_open[answered], new FilterAnswer(false, exception.MessageText));
                if (exception.SqlState == PostgresErrorCodes.QueryCanceled)
                    patience.Lose(_open[answered].Caller);
                _open.RemoveRange(0, answered + 1); // What was answered before it holds.
            }
        }
    }

    internal static NpgsqlBatchCommand Command(ChangeFilter filter, string? value)
    {
        var command = new NpgsqlBatchCommand(filter.ToSql())
        {
            Parameters = { new NpgsqlParameter { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text } },
        };
        command.Parameters.Add(filter.Text.Operator == FilterOperator.In
            ? new NpgsqlParameter { Value = filter.Text.Values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }
            : new NpgsqlParameter { Value = filter.Text.Values[0], NpgsqlDbType = NpgsqlDbType.Text });
        return command;
    }

    // Everybody pays for one who takes long: that one's conditions rest.
    bool IsRefused((Caller Caller, ChangeFilter Filter, string? Value) question)
    {
        if (!patience.IsLostWith(question.Caller))
            return false;
        Answer(question, new FilterAnswer(false, "A filter takes too long; changes are not looked at for a while"));
        return true;
    }

    void Answer((Caller Caller, ChangeFilter Filter, string? Value) question, FilterAnswer answer)
        => _answers[Key(question.Caller, question.Filter, question.Value)] = answer;

    static (Caller Caller, string Sql, string Values, string? Value) Key(Caller caller, ChangeFilter filter, string? value)
        => (caller, filter.ToSql(), string.Join('\u0001', filter.Text.Values), value);
}
