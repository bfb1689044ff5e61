using Evolv.Platform.Data;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Realtime.Changes;

/// <summary>
/// Conditions that only PostgreSQL can decide: a type's own order, a collation, a pattern. Each question is asked as the
/// subscriber, so that a pattern which takes too long is theirs.
/// </summary>
sealed class FilterQuestions(Database database)
{
    const int LongestMilliseconds = 200;

    readonly Dictionary<(Caller Caller, string Sql, string Values, string? Value), bool> _answers = [];
    readonly List<(Caller Caller, ChangeFilter Filter, string? Value)> _open = [];

    internal bool IsEmpty => _open.Count == 0;

    internal void Add(Caller caller, ChangeFilter filter, string? value)
    {
        if (_answers.TryAdd(Key(caller, filter, value), false))
            _open.Add((caller, filter, value));
    }

    /// <summary>False for what was refused.</summary>
    internal bool Passes(Caller caller, ChangeFilter filter, string? value) => _answers[Key(caller, filter, value)];

    internal async Task AskAsync(CancellationToken cancellationToken)
    {
        var from = 0;
        while (from < _open.Count)
        {
            var answered = from;
            try
            {
                await database.AskEachAsync(
                    [.. _open.Skip(from).Select(question => (question.Caller, Command(question.Filter, question.Value)))],
                    LongestMilliseconds,
                    async (reader, token) =>
                    {
                        await reader.ReadAsync(token);
                        var (caller, filter, value) = _open[answered];
                        _answers[Key(caller, filter, value)] = reader.GetBoolean(0);
                        answered++;
                    },
                    cancellationToken);
                return;
            }
            catch (PostgresException exception) when (!PgErrors.IsUnavailable(exception))
            {
                from = answered + 1; // That one stays false.
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

    static (Caller Caller, string Sql, string Values, string? Value) Key(Caller caller, ChangeFilter filter, string? value)
        => (caller, filter.ToSql(), string.Join('\u0001', filter.Text.Values), value);
}
