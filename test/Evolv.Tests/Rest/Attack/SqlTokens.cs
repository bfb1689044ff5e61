namespace Evolv.Tests.Rest.Attack;

enum TokenKind
{
    Word,
    Identifier,
    Parameter,
    Text,
    Number,
    Operator,

    /// <summary>Nothing of ours: comments, dollar quotes, semicolons, control characters, and what does not end.</summary>
    Foreign,
}

/// <summary>SQL cut into its tokens as PostgreSQL's scanner does, written for these tests alone.</summary>
static class SqlTokens
{
    const string OperatorCharacters = "+-*/<>=~!@#%^&|`?:";

    internal static List<(TokenKind Kind, string Text)> Read(string sql)
    {
        var tokens = new List<(TokenKind, string)>();
        var at = 0;
        while (at < sql.Length)
        {
            var start = at;
            var kind = Next(sql, ref at);
            if (kind is { } found)
                tokens.Add((found, sql[start..at]));
        }

        return tokens;
    }

    static TokenKind? Next(string sql, ref int at)
    {
        var first = sql[at];
        switch (first)
        {
            case ' ':
                at++;
                return null;
            case '"':
                return Quoted(sql, ref at, '"') ? TokenKind.Identifier : TokenKind.Foreign;
            case '\'':
                return Quoted(sql, ref at, '\'') ? TokenKind.Text : TokenKind.Foreign;
            case 'e' or 'E' when at + 1 < sql.Length && sql[at + 1] == '\'':
                at++;
                return Quoted(sql, ref at, '\'') ? TokenKind.Text : TokenKind.Foreign;
            case '$' when at + 1 < sql.Length && char.IsAsciiDigit(sql[at + 1]):
                at++;
                return Run(sql, ref at, char.IsAsciiDigit, TokenKind.Parameter);
            case '(' or ')' or ',' or '.' or '[' or ']':
                at++;
                return TokenKind.Operator;
            case '-' when sql.AsSpan(at).StartsWith("--"):
            case '/' when sql.AsSpan(at).StartsWith("/*"):
                at = sql.Length;
                return TokenKind.Foreign;
        }

        if (char.IsAsciiDigit(first))
            return Run(sql, ref at, char.IsAsciiDigit, TokenKind.Number);
        if (char.IsAsciiLetter(first) || first == '_' || first > '\u007f')
            return Run(sql, ref at, character => char.IsAsciiLetterOrDigit(character) || character is '_' or '$' || character > '\u007f', TokenKind.Word);
        if (OperatorCharacters.Contains(first, StringComparison.Ordinal))
            return Run(sql, ref at, character => OperatorCharacters.Contains(character, StringComparison.Ordinal), TokenKind.Operator);
        at++;
        return TokenKind.Foreign;
    }

    static TokenKind Run(string sql, ref int at, Func<char, bool> belongs, TokenKind kind)
    {
        while (at < sql.Length && belongs(sql[at]))
            at++;
        return kind;
    }

    // A doubled quote stands for itself; a NUL ends the statement on the wire.
    static bool Quoted(string sql, ref int at, char quote)
    {
        at++;
        while (at < sql.Length)
        {
            if (sql[at] == '\0')
                return false;
            if (sql[at++] != quote)
                continue;
            if (at >= sql.Length || sql[at] != quote)
                return true;
            at++;
        }

        return false;
    }
}
