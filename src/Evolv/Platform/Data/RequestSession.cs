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
    /// <summary>One statement for all settings. Names are parameters, too, so that few texts have to be prepared.</summary>
    internal NpgsqlBatchCommand Become(Caller caller)
    {
        var command = new NpgsqlBatchCommand();
        var text = new StringBuilder("select ");
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
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
        text.Append("set_config($").Append(command.Parameters.Count - 1).Append(", $").Append(command.Parameters.Count).Append(", true), ");
    }
}
