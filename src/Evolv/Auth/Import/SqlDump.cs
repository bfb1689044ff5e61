using System.Text;

namespace Evolv.Auth.Import;

/// <summary>
/// Reads what <c>pg_dump --data-only</c> and <c>supabase db dump --data-only</c> write: <c>COPY … FROM stdin</c> and <c>INSERT … VALUES</c>. All other
/// statements are skipped, and so is what only looks like one within a string.
/// </summary>
static class SqlDump
{
    internal static IEnumerable<DumpRow> Read(DumpText text)
    {
        while (SqlTokens.SkipBlank(text))
        {
            if (text.Peek() == '\\') // psql's own, as in newer dumps: \restrict
            {
                text.ReadLine();
                continue;
            }

            var rows = SqlTokens.ReadWord(text) switch
            {
                "copy" => ReadCopy(text),
                "insert" => ReadInsert(text),
                _ => [],
            };
            var isCopy = false;
            foreach (var row in rows)
            {
                isCopy |= row is null;
                if (row is not null)
                    yield return row;
            }

            if (!isCopy)
                SqlTokens.SkipStatement(text);
        }
    }

    // A null at the end says that the statement has been read with its data.
    static IEnumerable<DumpRow?> ReadCopy(DumpText text)
    {
        var table = SqlTokens.ReadTable(text);
        var columns = SqlTokens.ReadColumns(text);
        SqlTokens.SkipBlank(text);
        if (SqlTokens.ReadWord(text) != "from" || !SqlTokens.SkipBlank(text) || SqlTokens.ReadWord(text) != "stdin")
            yield break;
        var options = new StringBuilder();
        while (text.Peek() is not (DumpText.End or ';'))
            text.Append(options, text.Next());
        text.ReadLine();
        var isWanted = DumpTables.Contains(table);
        if (isWanted && (columns is null || options.ToString().Contains("csv", StringComparison.OrdinalIgnoreCase)))
            throw text.Broken("COPY must name its columns and be in text form, as pg_dump writes it");
        for (var line = text.Line; text.ReadLine() is { } data && data != "\\."; line = text.Line)
        {
            if (!isWanted)
                continue;
            string?[] values = [.. data.Split('\t').Select(Unescape)];
            if (values.Length != columns!.Count)
                throw new DumpFormatException(line, $"it has {values.Length} values for {columns.Count} columns");
            yield return new DumpRow(table, line, columns, values);
        }

        yield return null;
    }

    static IEnumerable<DumpRow?> ReadInsert(DumpText text)
    {
        SqlTokens.SkipBlank(text);
        if (SqlTokens.ReadWord(text) != "into")
            yield break;
        var table = SqlTokens.ReadTable(text);
        if (!DumpTables.Contains(table))
            yield break;
        var columns = SqlTokens.ReadColumns(text) ?? throw text.Broken("INSERT must name its columns; dump with --column-inserts");
        string word;
        while (SqlTokens.SkipBlank(text) && (word = SqlTokens.ReadWord(text)) != "values")
        {
            if (word is not ("overriding" or "system" or "value"))
                throw text.Broken("INSERT must have VALUES");
        }

        do
        {
            SqlTokens.SkipBlank(text);
            var line = text.Line;
            var values = SqlTokens.ReadTuple(text);
            if (values.Count != columns.Count)
                throw new DumpFormatException(line, $"it has {values.Count} values for {columns.Count} columns");
            yield return new DumpRow(table, line, columns, values);
            SqlTokens.SkipBlank(text);
        }
        while (text.Take(','));
    }

    // The text form of COPY.
    static string? Unescape(string value)
    {
        if (value == "\\N")
            return null;
        if (!value.Contains('\\', StringComparison.Ordinal))
            return value;
        var plain = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '\\' || i + 1 == value.Length)
            {
                plain.Append(value[i]);
                continue;
            }

            plain.Append(value[++i] switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', 'v' => '\v', var other => other });
        }

        return plain.ToString();
    }
}
