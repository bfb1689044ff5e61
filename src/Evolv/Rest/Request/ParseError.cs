namespace Evolv.Rest.Request;

enum MessageKind
{
    /// <summary>A character that fits nowhere; the grammar did not say so by itself.</summary>
    Unexpected,

    /// <summary>Something that the grammar forbids here.</summary>
    Forbidden,
    Expected,
}

readonly record struct ParseMessage(MessageKind Kind, string Text);

/// <summary>Why a text cannot be read on from a position.</summary>
sealed record ParseError(int Position, IReadOnlyList<ParseMessage> Messages)
{
    /// <summary>The one that is further on; both, when they are at the same place.</summary>
    internal static ParseError? Merge(ParseError? left, ParseError? right)
    {
        if (left is null || right is null)
            return left ?? right;
        if (right.Messages.Count == 0 && left.Messages.Count > 0)
            return left;
        if (left.Messages.Count == 0 && right.Messages.Count > 0)
            return right;
        return left.Position.CompareTo(right.Position) switch
        {
            0 => left with { Messages = [.. left.Messages, .. right.Messages] },
            > 0 => left,
            _ => right,
        };
    }

    internal ParseError Expecting(string label)
        => this with { Messages = [new(MessageKind.Expected, label), .. Messages.Where(message => message.Kind != MessageKind.Expected)] };

    /// <summary><c>unexpected "x" expecting a, b or c</c></summary>
    public override string ToString()
    {
        var parts = new List<string>();
        var forbidden = Texts(MessageKind.Forbidden);
        var unexpected = Messages.FirstOrDefault(message => message.Kind == MessageKind.Unexpected);
        if (forbidden.Count == 0 && unexpected.Text is { } text)
            parts.Add(text.Length == 0 ? "unexpected end of input" : $"unexpected {text}");
        if (forbidden.Count > 0)
            parts.Add($"unexpected {Enumerate(forbidden)}");
        if (Texts(MessageKind.Expected) is { Count: > 0 } expected)
            parts.Add($"expecting {Enumerate(expected)}");
        return parts.Count == 0 ? "unknown parse error" : string.Join(' ', parts);
    }

    List<string> Texts(MessageKind kind)
        => [.. Messages.Where(message => message.Kind == kind && message.Text.Length > 0).Select(message => message.Text).Distinct()];

    static string Enumerate(List<string> texts)
        => texts.Count == 1 ? texts[0] : $"{string.Join(", ", texts[..^1])} or {texts[^1]}";
}
