namespace Evolv.Auth.Import;

/// <summary>A row of a dump as text, with the line at which it begins.</summary>
sealed record DumpRow(string Table, int Line, IReadOnlyList<string> Columns, IReadOnlyList<string?> Values)
{
    /// <summary>Null when it is SQL's null or there is no such column.</summary>
    internal string? this[string column]
    {
        get
        {
            for (var i = 0; i < Columns.Count; i++)
            {
                if (Columns[i] == column)
                    return Values[i];
            }

            return null;
        }
    }

    internal bool Has(string column) => Columns.Contains(column);
}

/// <summary>Why a row cannot be taken over, in words for the operator. Says nothing of its values: they are people's.</summary>
sealed class BadRowException(string reason) : Exception(reason);

/// <summary>The tables that are taken over.</summary>
static class DumpTables
{
    internal const string Users = "auth.users";
    internal const string Identities = "auth.identities";
    internal const string Sessions = "auth.sessions";
    internal const string RefreshTokens = "auth.refresh_tokens";
    internal const string Factors = "auth.mfa_factors"; // only counted

    internal static bool Contains(string table) => table is Users or Identities or Sessions or RefreshTokens or Factors;
}
