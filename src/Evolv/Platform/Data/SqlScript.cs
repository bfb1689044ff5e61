namespace Evolv.Platform.Data;

/// <summary>One statement of a script and the line on which it starts, counted from 1.</summary>
readonly record struct SqlStatement(string Text, int Line);

/// <summary>
/// Splits a script at the semicolons between statements, which makes it possible to name the line of an error. Knows
/// quotes, dollar quotes and comments; like Npgsql it does not know <c>begin atomic</c>.
/// </summary>
static class SqlScript
{
    internal static IEnumerable<SqlStatement> Split(string script)
    {
        var (start, line, startLine, hasCode) = (0, 1, 1, false);
        for (var i = 0; i < script.Length; i++)
        {
            var end = SkipQuotedOrComment(script, i, out var isComment);
            if (end > i)
            {
                if (!isComment && !hasCode)
                    (start, startLine, hasCode) = (i, line, true);
                line += script.AsSpan(i, end - i).Count('\n');
                i = end - 1;
            }
            else if (script[i] == ';')
            {
                if (hasCode)
                    yield return new SqlStatement(script[start..i], startLine);
                hasCode = false;
            }
            else if (script[i] == '\n')
            {
                line++;
            }
            else if (!hasCode && !char.IsWhiteSpace(script[i]))
            {
                (start, startLine, hasCode) = (i, line, true);
            }
        }

        if (hasCode)
            yield return new SqlStatement(script[start..], startLine);
    }

    /// <summary>Where the quoted text or comment that starts at <paramref name="i"/> ends; <paramref name="i"/> if none does.</summary>
    static int SkipQuotedOrComment(string script, int i, out bool isComment)
    {
        isComment = false;
        switch (script[i])
        {
            case '\'' or '"':
                return After(script, script[i].ToString(), i + 1);
            case '-' when script.AsSpan(i).StartsWith("--"):
                isComment = true;
                var newline = script.IndexOf('\n', i);
                return newline < 0 ? script.Length : newline;
            case '/' when script.AsSpan(i).StartsWith("/*"):
                isComment = true;
                return After(script, "*/", i + 2);
            case '$':
                var close = i + 1;
                while (close < script.Length && (char.IsLetterOrDigit(script[close]) || script[close] == '_'))
                    close++;
                return close < script.Length && script[close] == '$' && !char.IsDigit(script[i + 1])
                    ? After(script, script[i..(close + 1)], close + 1)
                    : i;
            default:
                return i;
        }
    }

    static int After(string script, string terminator, int from)
    {
        var at = script.IndexOf(terminator, from, StringComparison.Ordinal);
        return at < 0 ? script.Length : at + terminator.Length;
    }
}
