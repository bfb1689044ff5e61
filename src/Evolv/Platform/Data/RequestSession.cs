using System.Buffers;
using System.Data;
using System.Text;
using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>What a transaction knows of its request beside the caller. All of it ends with the transaction.</summary>
/// <param name="Before">Settings that are made with the rights of the pool's login, before it becomes the caller's role.</param>
/// <param name="After">Settings that are made as the caller.</param>
/// <param name="Isolation">Another level than read committed.</param>
sealed record RequestSession(
    bool ReadOnly,
    IReadOnlyList<KeyValuePair<string, string>> Before,
    IReadOnlyList<KeyValuePair<string, string>> After,
    IsolationLevel? Isolation = null)
{
    static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");

    /// <summary>One statement for all settings. Their names are in its text, so that few texts have to be prepared.</summary>
    internal NpgsqlBatchCommand Become(Caller caller)
    {
        var command = new NpgsqlBatchCommand();
        var text = new StringBuilder("select ", 512);
        if (ReadOnly)
            text.Append("set_config('transaction_read_only', 'on', true), ");
        foreach (var (name, value) in Before)
            Add(command, text, name, value);
        Add(command, text, "role", caller.Role);
        Add(command, text, "request.jwt.claims", caller.ClaimsJson);
        Add(command, text, "request.jwt.claim.sub", caller.UserId?.ToString() ?? "");
        foreach (var (name, value) in After)
            Add(command, text, name, value);
        text.Length -= 2;
        command.CommandText = text.ToString();
        return command;
    }

    static void Add(NpgsqlBatchCommand command, StringBuilder text, string name, string value)
    {
        text.Append("set_config(");
        if (name.AsSpan().ContainsAnyExcept(NameCharacters))
            AddParameter(command, text, name);
        else
            text.Append('\'').Append(name).Append('\'');
        text.Append(", ");
        AddParameter(command, text, value);
        text.Append(", true), ");
    }

    static void AddParameter(NpgsqlBatchCommand command, StringBuilder text, string value)
    {
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
        text.Append('$').Append(command.Parameters.Count);
    }
}
