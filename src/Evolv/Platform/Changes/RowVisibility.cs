using System.Collections.Immutable;
using Evolv.Platform.Data;

namespace Evolv.Platform.Changes;

/// <summary>Rows of one table by their primary keys.</summary>
/// <param name="Schema">Of the table.</param>
/// <param name="Table">Its name.</param>
/// <param name="KeyColumns">Names of the columns of the primary key.</param>
/// <param name="Keys">For each row the values of those columns as text.</param>
sealed record RowKeys(string Schema, string Table, ImmutableArray<string> KeyColumns, IReadOnlyList<string[]> Keys);

/// <summary>Which rows a caller can select now.</summary>
/// <param name="Visible">For each key whether it can.</param>
/// <param name="Error">What PostgreSQL said when it could not be asked, for example because a policy raised; then nothing is visible.</param>
sealed record RowsSeen(IReadOnlyList<bool> Visible, string? Error);

/// <summary>Asks PostgreSQL which rows a caller may see, for many callers in few round trips.</summary>
sealed class RowVisibility(Database database)
{
    /// <summary>One answer for each question, in their order. A caller whose policy raises gets an error; the others do not notice.</summary>
    internal Task<IReadOnlyList<RowsSeen>> AskAsync(IReadOnlyList<(Caller Caller, RowKeys Rows)> questions, CancellationToken cancellationToken)
        => throw new NotImplementedException($"{database} {questions} {cancellationToken}");
}
