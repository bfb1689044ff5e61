using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>
/// Addresses as libpq takes them, and with it psql and PostgREST: <c>postgresql://user:password@host:port/database?sslmode=require</c>
/// and <c>host=… port=… dbname=…</c>.
/// </summary>
static class LibpqAddress
{
    static readonly string[] Schemes = ["postgresql://", "postgres://"];

    // Empty: Npgsql has no such setting, and leaving it out changes nothing but comfort.
    static readonly Dictionary<string, string> Keywords = new(StringComparer.Ordinal)
    {
        ["host"] = "Host",
        ["hostaddr"] = "Host",
        ["port"] = "Port",
        ["user"] = "Username",
        ["password"] = "Password",
        ["passfile"] = "Passfile",
        ["dbname"] = "Database",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["channel_binding"] = "Channel Binding",
        ["connect_timeout"] = "Timeout",
        ["options"] = "Options",
        ["client_encoding"] = "",
        ["application_name"] = "",
        ["fallback_application_name"] = "",
        ["target_session_attrs"] = "",
        ["keepalives"] = "",
        ["keepalives_idle"] = "",
        ["keepalives_interval"] = "",
        ["keepalives_count"] = "",
        ["gssencmode"] = "",
    };

    /// <summary>Null when the text is of neither kind.</summary>
    /// <exception cref="ArgumentException">It is of one of them, and wrong.</exception>
    internal static NpgsqlConnectionStringBuilder? TryParse(string text)
    {
        if (Schemes.FirstOrDefault(scheme => text.StartsWith(scheme, StringComparison.Ordinal)) is { } scheme)
            return Build(ReadUrl(text[scheme.Length..]));
        // Npgsql separates by semicolons and libpq by spaces; one pair alone is Npgsql's.
        return !text.Contains(';', StringComparison.Ordinal) && text.Split('=').Length > 2 ? Build(ReadPairs(text)) : null;
    }

    static NpgsqlConnectionStringBuilder Build(IEnumerable<(string Keyword, string Value)> pairs)
    {
        var builder = new NpgsqlConnectionStringBuilder { Host = "localhost", Port = 5432 };
        foreach (var (keyword, value) in pairs)
        {
            var ours = Keywords.GetValueOrDefault(keyword) ?? throw new ArgumentException($"{keyword} is not known");
            if (ours.Length > 0 && value.Length > 0)
                builder[ours] = keyword == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return builder;
    }

    // A password may hold anything but an @, and none of its characters ends the part before it.
    static IEnumerable<(string, string)> ReadUrl(string text)
    {
        var at = text.LastIndexOf('@');
        if (at >= 0)
        {
            var login = text[..at].Split(':', 2);
            yield return ("user", Uri.UnescapeDataString(login[0]));
            if (login.Length > 1)
                yield return ("password", Uri.UnescapeDataString(login[1]));
        }

        var parts = text[(at + 1)..].Split('?', 2);
        var place = parts[0].Split('/', 2);
        if (place[0].Contains(',', StringComparison.Ordinal))
        {
            yield return ("host", place[0]); // Npgsql takes a list with ports as it is.
        }
        else
        {
            var colon = place[0].LastIndexOf(':');
            var hasPort = colon > place[0].LastIndexOf(']');
            yield return ("host", Uri.UnescapeDataString(hasPort ? place[0][..colon] : place[0]).Trim('[', ']'));
            if (hasPort)
                yield return ("port", place[0][(colon + 1)..]);
        }

        if (place.Length > 1)
            yield return ("dbname", Uri.UnescapeDataString(place[1]));
        foreach (var pair in parts.Skip(1).SelectMany(query => query.Split('&', StringSplitOptions.RemoveEmptyEntries)))
            yield return pair.Split('=', 2) is [var keyword, var value]
                ? (keyword, Uri.UnescapeDataString(value))
                : throw new ArgumentException($"{pair} has no value");
    }

    // keyword=value with spaces around, and values in quotes with backslashes.
    static IEnumerable<(string, string)> ReadPairs(string text)
    {
        var at = 0;
        while (true)
        {
            while (at < text.Length && text[at] == ' ')
                at++;
            if (at == text.Length)
                yield break;
            var equals = text.IndexOf('=', at);
            if (equals < 0)
                throw new ArgumentException($"{text[at..].Trim()} has no value");
            var keyword = text[at..equals].Trim();
            at = equals + 1;
            while (at < text.Length && text[at] == ' ')
                at++;
            var isQuoted = at < text.Length && text[at] == '\'';
            if (isQuoted)
                at++;
            var value = new System.Text.StringBuilder();
            while (at < text.Length && text[at] != (isQuoted ? '\'' : ' '))
            {
                if (text[at] == '\\' && at + 1 < text.Length)
                    at++;
                value.Append(text[at++]);
            }

            if (isQuoted)
                at++;
            yield return (keyword, value.ToString());
        }
    }
}
