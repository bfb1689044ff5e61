using System.Text;

namespace Evolv.Auth.Import;

/// <summary>Reads CSV with a header, as <c>\copy auth.users to 'users.csv' csv header</c> writes it: an empty value is null, a quoted empty one is empty.</summary>
static class CsvDump
{
    internal static IEnumerable<DumpRow> Read(DumpText text)
    {
        var header = ReadRecord(text) ?? throw text.Broken("it is empty");
        string[] columns = [.. header.Select(column => column?.Trim().ToLowerInvariant() ?? "")];
        var table = TableOf(columns)
            ?? throw new DumpFormatException(1, "its header names no columns of auth.users, auth.identities, auth.sessions or auth.refresh_tokens");
        while (true)
        {
            var line = text.Line;
            if (ReadRecord(text) is not { } values)
                yield break;
            if (values is [null])
                continue; // An empty line.
            if (values.Count != columns.Length)
                throw new DumpFormatException(line, $"it has {values.Count} values and the header {columns.Length}");
            yield return new DumpRow(table, line, columns, values);
        }
    }

    static string? TableOf(string[] columns)
        => columns.Contains("identity_data") ? DumpTables.Identities
            : columns.Contains("encrypted_password") || columns.Contains("raw_user_meta_data") ? DumpTables.Users
            : columns.Contains("session_id") && columns.Contains("token") ? DumpTables.RefreshTokens
            : columns.Contains("user_id") && columns.Contains("aal") ? DumpTables.Sessions
            : null;

    static List<string?>? ReadRecord(DumpText text)
    {
        if (text.Peek() == DumpText.End)
            return null;
        var values = new List<string?>();
        do
            values.Add(ReadValue(text));
        while (text.Take(','));
        text.Take('\r');
        return text.Take('\n') || text.Peek() == DumpText.End ? values : throw text.Broken("there is something behind a quoted value");
    }

    static string? ReadValue(DumpText text)
    {
        var value = new StringBuilder();
        if (!text.Take('"'))
        {
            while (text.Peek() is not (DumpText.End or ',' or '\n' or '\r'))
                text.Append(value, text.Next());
            return value.Length == 0 ? null : value.ToString();
        }

        while (true)
        {
            var character = text.Next();
            if (character != '"')
                text.Append(value, character);
            else if (text.Take('"'))
                value.Append('"');
            else
                return value.ToString();
        }
    }
}
