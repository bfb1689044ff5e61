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
/// moment of asking; nothing is remembered but for whom they failed.
/// </summary>
sealed class RowVisibility(Database database)
{
    const int CallersInBatch = 250;
    const int LongestMilliseconds = 2000;
    const int LongestAfterOneMilliseconds = 500; // Once somebody has taken the longest time, everybody waits already.
    const int MostSlowInBatch = 8;

    readonly Troubles _troubles = new();

    /// <summary>One answer for each question, in their order. A caller whose policy raises gets an error; the others do not notice.</summary>
    internal async Task<IReadOnlyList<RowsSeen>> AskAsync(
        IReadOnlyList<(Caller Caller, RowKeys Rows)> questions, CancellationToken cancellationToken)
    {
        var answers = new RowsSeen[questions.Count];
        var (usual, raising, slow) = (new List<int>(questions.Count), new List<int>(), new List<int>());
        for (var i = 0; i < questions.Count; i++)
        {
            (_troubles.Find(questions[i].Caller, questions[i].Rows) switch
            {
                null => usual,
                { IsSlow: true } => slow,
                _ => raising,
            }).Add(i);
        }

        await Task.WhenAll(usual.Chunk(CallersInBatch).Select(chunk => AskBatchAsync(questions, chunk, answers, LongestMilliseconds, cancellationToken)));
        // Apart, so that the others need not be asked twice.
        foreach (var one in raising)
            await AskBatchAsync(questions, [one], answers, LongestMilliseconds, cancellationToken);
        if (slow.Count > 0)
            await AskSlowAsync(questions, slow, answers, cancellationToken);
        return answers;
    }

    /// <summary>Those who took too long are tried now and then, until one takes too long again; the others of them get the old error.</summary>
    async Task AskSlowAsync(
        IReadOnlyList<(Caller Caller, RowKeys Rows)> questions, List<int> slow, RowsSeen[] answers, CancellationToken cancellationToken)
    {
        var waiting = new Queue<int>(slow.OrderBy(i => _troubles.Find(questions[i].Caller, questions[i].Rows)?.Since ?? 0));
        while (_troubles.MayTrySlow && waiting.TryDequeue(out var one))
            await AskBatchAsync(questions, [one], answers, LongestAfterOneMilliseconds, cancellationToken);
        foreach (var one in waiting)
            answers[one] = Nothing(questions[one].Rows, _troubles.Find(questions[one].Caller, questions[one].Rows)?.Error ?? "");
    }

    async Task AskBatchAsync(
        IReadOnlyList<(Caller Caller, RowKeys Rows)> questions, int[] asked, RowsSeen[] answers, int longestMilliseconds, CancellationToken cancellationToken)
    {
        var slow = 0;
        while (asked.Length > 0)
        {
            var answered = 0;
            try
            {
                var batch = asked;
                await database.AskEachAsync(
                    [.. batch.Select(i => (questions[i].Caller, Statement(questions[i].Rows)))],
                    longestMilliseconds,
                    async (reader, token) =>
                    {
                        var i = batch[answered];
                        answers[i] = new RowsSeen(await ReadAsync(reader, questions[i].Rows.Keys.Count, token), null);
                        answered++;
                    },
                    cancellationToken);
                Settle(questions, batch);
                return;
            }
            catch (PostgresException exception) when (!PgErrors.IsUnavailable(exception))
            {
                // What was answered before it holds; the rest is asked again without it.
                Settle(questions, asked.AsSpan(..answered));
                var isSlow = exception.SqlState == PostgresErrorCodes.QueryCanceled;
                Refuse(questions, asked[answered], answers, exception.MessageText, isSlow);
                var table = questions[asked[answered]].Rows;
                asked = asked[(answered + 1)..];
                if (!isSlow)
                    continue;
                longestMilliseconds = LongestAfterOneMilliseconds;
                if (++slow < MostSlowInBatch)
                    continue;
                // The table itself is slow or locked: nobody waits for all of its readers.
                foreach (var i in asked.Where(i => IsOf(table, questions[i].Rows)))
                    Refuse(questions, i, answers, exception.MessageText, isSlow);
                asked = [.. asked.Where(i => !IsOf(table, questions[i].Rows))];
            }
        }
    }

    void Refuse(IReadOnlyList<(Caller Caller, RowKeys Rows)> questions, int one, RowsSeen[] answers, string error, bool isSlow)
    {
        var (caller, rows) = questions[one];
        answers[one] = Nothing(rows, error);
        _troubles.Add(caller, rows, error, isSlow);
    }

    void Settle(IReadOnlyList<(Caller Caller, RowKeys Rows)> questions, ReadOnlySpan<int> answered)
    {
        foreach (var i in answered)
            _troubles.Remove(questions[i].Caller, questions[i].Rows);
    }

    static RowsSeen Nothing(RowKeys rows, string error) => new(new bool[rows.Keys.Count], error);

    static bool IsOf(RowKeys one, RowKeys other) => one.Schema == other.Schema && one.Table == other.Table;

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
