using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest;

/// <summary>
/// Prints records and lists under the names that they have in the code, so that who reads it finds the place. What is empty
/// or false is left out; what fits on a line is on one.
/// </summary>
static class Outline
{
    const int Width = 120;
    const string BackingField = ">k__BackingField";

    internal static string Of(object value)
    {
        var text = new StringBuilder();
        if (Read(value) is { } node)
            Write(text, node, indent: 0, label: "");
        return text.ToString();
    }

    static Node? Read(object? value) => value switch
    {
        null or false or "" => null,
        string text => new Node(text, []),
        QualifiedName { Name: null or "" } => null,
        QualifiedName name => new Node(name.Schema.Length > 0 ? name.ToString() : name.Name, []),
        MediaType type => new Node(type.Mime, []),
        ReadOnlyMemory<byte> bytes => new Node(Encoding.UTF8.GetString(bytes.Span), []),
        KeyValuePair<string, string> pair => new Node($"{pair.Key}={pair.Value}", []),
        ITuple tuple => ReadList(Enumerable.Range(0, tuple.Length).Select(index => tuple[index])),
        IEnumerable list => ReadList(list.Cast<object?>()),
        IFormattable simple => new Node(simple.ToString(null, CultureInfo.InvariantCulture), []),
        true => new Node("true", []),
        _ => ReadProperties(value),
    };

    static Node? ReadList(IEnumerable<object?> items)
    {
        var parts = items.Select(Read).OfType<Node>().Select(node => ("", node)).ToImmutableArray();
        return parts.IsEmpty ? null : new Node("", parts, IsList: true);
    }

    // What is computed of other properties says nothing new; only the others have a field.
    static Node? ReadProperties(object value)
    {
        var parts = ImmutableArray.CreateBuilder<(string, Node)>();
        var type = value.GetType();
        for (var declaring = type; declaring is not null; declaring = declaring.BaseType)
        {
            foreach (var field in declaring.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (field.Name.EndsWith(BackingField, StringComparison.Ordinal) && Read(field.GetValue(value)) is { } node)
                    parts.Add((field.Name[1..^BackingField.Length], node));
            }
        }

        // Where there are several cases, which one it is matters.
        var name = type.IsValueType || type.BaseType == typeof(object) ? "" : type.Name;
        return name.Length == 0 && parts.Count == 0 ? null : new Node(name, parts.DrainToImmutable());
    }

    static void Write(StringBuilder text, Node node, int indent, string label)
    {
        var line = node.ToString();
        if (node.Parts.IsEmpty || indent + label.Length + line.Length <= Width)
        {
            text.Append(label).Append(line);
            return;
        }

        // The first part stands beside the dash of a list, the others below it.
        var staysOnLine = node.Name.Length == 0 && label is "" or "- ";
        text.Append(staysOnLine ? label : (label + node.Name).TrimEnd());
        var inner = label.Length == 0 ? indent : indent + 2;
        foreach (var (name, value) in node.Parts)
        {
            if (!staysOnLine)
                text.Append('\n').Append(' ', inner);
            staysOnLine = false;
            Write(text, value, inner, node.IsList ? "- " : $"{name}: ");
        }
    }

    sealed record Node(string Name, ImmutableArray<(string Name, Node Value)> Parts, bool IsList = false)
    {
        public override string ToString()
        {
            if (Parts.IsEmpty)
                return Name;
            if (IsList)
                return $"[{string.Join(", ", Parts.Select(part => part.Value))}]";
            var parts = string.Join(", ", Parts.Select(part => $"{part.Name}: {part.Value}"));
            return Name.Length == 0 ? $"{{{parts}}}" : $"{Name} {{{parts}}}";
        }
    }
}
