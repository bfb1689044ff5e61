using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Evolv.Platform.Data;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Platform.Changes;

/// <summary>A column of a primary key.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SqlType">Its type as SQL, quoted where that is needed: <c>pg_catalog.uuid</c>. It goes into the statement as it is.</param>
readonly record struct KeyColumn(string Name, string SqlType);

/// <summary>Rows of one table by their primary keys.</summary>
/// <param name="Schema">Of the table.</param>
/// <param name="Table">Its name.</param>
/// <param name="KeyColumns">The columns of the primary key.</param>
/// <param name="Keys">For each row the values of those columns as text.</param>
sealed record RowKeys(string Schema, string Table, ImmutableArray<KeyColumn> KeyColumns, IReadOnlyList<string[]> Keys);

/// <summary>Which rows a caller can select now.</summary>
/// <param name="Visible">For each key whether it can.</param>
/// <param name="Error">What PostgreSQL said when it could not be asked, for example because a policy raised; then nothing is visible.</param>
sealed record RowsSeen(bool[] Visible, string? Error);

/// <summary>
/// Asks PostgreSQL which rows a caller may see, for many callers in few round trips. The table's own policies answer, at the
/// moment of asking; nothing is remembered.
/// </summary>
sealed class RowVisibility(Database database)
{
    const int CallersInBatch = 250;
    const int LongestMilliseconds = 2000;
    const int MostTroubled = 10_000;

    // Policies that raised for somebody: those are asked apart, so that the others need not be asked twice.
    readonly ConcurrentDictionary<(Caller, string Schema, string Table), bool> _troubled = new();

    /// <summary>One answer for each question, in their order. A caller whose policy raises gets an error; the others do not notice.</summary>
    internal async Task<IReadOnlyList<RowsSeen>> AskAsync(
        IReadOnlyList<(Caller Caller, RowKeys Rows)> questions, CancellationToken cancellationToken)
    {
        var answers = new RowsSeen[questions.Count];
        var (usual, troubled) = (new List<int>(questions.Count), new List<int>());
        for (var i = 0; i < questions.Count; i++)
            (IsTroubled(questions[i]) ? troubled : usual).Add(i);

        await Task.WhenAll(usual.Chunk(CallersInBatch).Select(chunk => AskBatchAsync(questions, chunk, answers, cancellationToken)));
        foreach (var one in troubled)
            await AskBatchAsync(questions, [one], answers, cancellationToken);
        return answers;
    }

    bool IsTroubled((Caller Caller, RowKeys Rows) question)
        => !_troubled.IsEmpty && _troubled.ContainsKey((question.Caller, question.Rows.Schema, question.Rows.Table));

    async Task AskBatchAsync(
        IReadOnlyList<(Caller Caller, RowKeys Rows)> questions, int[] asked, RowsSeen[] answers, CancellationToken cancellationToken)
    {
        var from = 0;
        while (from < asked.Length)
        {
            var batch = asked.AsMemory(from);
            var answered = 0;
            try
            {
                await database.AskEachAsync(
                    [.. batch.ToArray().Select(i => (questions[i].Caller, Statement(questions[i].Rows)))],
                    LongestMilliseconds,
                    async (reader, token) =>
                    {
                        var i = batch.Span[answered];
                        answers[i] = new RowsSeen(await ReadAsync(reader, questions[i].Rows.Keys.Count, token), null);
                        answered++;
                    },
                    cancellationToken);
                Settle(questions, asked.AsSpan(from));
                return;
            }
            catch (PostgresException exception) when (!PgErrors.IsUnavailable(exception))
            {
                // What was answered before it holds; the rest is asked again without it.
                var (caller, rows) = questions[batch.Span[answered]];
                answers[batch.Span[answered]] = new RowsSeen(new bool[rows.Keys.Count], exception.MessageText);
                if (_troubled.Count >= MostTroubled)
                    _troubled.Clear(); // Of sessions that are long gone.
                _troubled[(caller, rows.Schema, rows.Table)] = true;
                from += answered + 1;
            }
        }
    }

    void Settle(IReadOnlyList<(Caller Caller, RowKeys Rows)> questions, ReadOnlySpan<int> asked)
    {
        if (_troubled.IsEmpty)
            return;
        foreach (var i in asked)
            _troubled.TryRemove((questions[i].Caller, questions[i].Rows.Schema, questions[i].Rows.Table), out _);
    }

    // The numbers of the keys whose row the caller's policies let through. The limit keeps PostgreSQL from turning it around:
    // under policies the key's cast makes a join read the whole table, and for many keys a hash of it looks cheap.
    static NpgsqlBatchCommand Statement(RowKeys rows)
    {
        var command = new NpgsqlBatchCommand();
        var (arrays, names, conditions) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        for (var column = 0; column < rows.KeyColumns.Length; column++)
        {
            var (comma, and, number) = (column == 0 ? "" : ", ", column == 0 ? "" : " and ", column + 1);
            var (name, type) = rows.KeyColumns[column];
            arrays.Append(comma).Append('$').Append(number);
            names.Append('k').Append(number).Append(", ");
            conditions.Append(and).Append("r.").Append(new Identifier(name).Quoted).Append(" = k.k").Append(number).Append("::").Append(type);
            var index = column;
            command.Parameters.Add(new NpgsqlParameter
            {
                Value = rows.Keys.Select(key => key[index]).ToArray(),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
            });
        }

        command.CommandText =
            $"select k.i from unnest({arrays}) with ordinality k ({names}i) cross join lateral " +
            $"(select from {new Identifier(rows.Schema).Quoted}.{new Identifier(rows.Table).Quoted} r where {conditions} limit 1) r";
        return command;
    }

    static async Task<bool[]> ReadAsync(NpgsqlDataReader reader, int count, CancellationToken cancellationToken)
    {
        var visible = new bool[count];
        while (await reader.ReadAsync(cancellationToken))
            visible[reader.GetInt64(0) - 1] = true;
        return visible;
    }
}
