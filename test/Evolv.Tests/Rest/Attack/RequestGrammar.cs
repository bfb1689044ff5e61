using System.Globalization;
using System.Text;

namespace Evolv.Tests.Rest.Attack;

/// <summary>
/// Makes requests out of the parts of valid ones and then spoils most of them: the same number gives the same request.
/// </summary>
sealed class RequestGrammar(int number)
{
    static readonly string[] Tables =
        ["notes", "notes", "notes", "notes", "notes", "notes", "notes", "notes", "notes", "notes", "people", "details", "tags", "note_tags", "done_notes", "odd%20name%3B%20drop%20table%20x--", "things", "nothing"];

    static readonly string[] Columns =
    [
        "id", "owner", "title", "body", "raw", "rating", "mood", "amount", "big", "ratio", "done", "day", "at", "span", "labels", "numbers",
        "words", "token", "bytes", "letters", "name", "boss", "body->a->0", "body->>k", "raw->-1->>x", "shouted", "%22select%22",
        "%22a%20%5C%22quoted%5C%22%20one%22",
    ];

    static readonly string[] Embeds = ["people", "details", "tags", "notes", "boss", "owner", "open_notes", "note_tags", "people!boss", "notes!inner", "who:people"];
    static readonly string[] Operators = ["eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj", "fts", "plfts", "phfts(english)", "wfts(simple)", "eq(any)", "like(all)", "isdistinct"];
    static readonly string[] Values = ["1", "0", "note*", "{1,2}", "red", "true", "null", "2026-01-01", "[1,5)", "%7B%22a%22:1%7D", "a%20%26%20b", "happy", "%22x,y%22", "-1", "1e3", "x"];
    static readonly string[] Casts = ["::text", "::int", "::jsonb", "::double%20precision", "::character%20varying", "::nothing"];
    static readonly string[] Calls = ["add", "notes_of", "sum_of", "echo", "shout", "write_note", "pick", "header", "nothing"];
    static readonly string[] Accepts = ["application/json", "text/csv", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.plan+json; for=\"application/json\"; options=verbose", "*/*", "text/html;q=0.9, application/json;q=0.1", "application/geo+json"];
    static readonly string[] ContentTypes = ["application/json", "text/csv", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream", "text/xml", "application/vnd.pgrst.object+json"];

    static readonly string[] Preferences =
    [
        "return=representation", "return=minimal", "return=headers-only", "count=exact", "count=planned", "count=estimated", "tx=rollback",
        "resolution=merge-duplicates", "resolution=ignore-duplicates", "missing=default", "handling=strict", "handling=lenient",
        "timezone=Europe/Vienna", "max-affected=3",
    ];

    // What means something to some parser on the way.
    static readonly string[] Tokens =
    [
        ",", "(", ")", ".", "!", "->", "->>", "::", ":", "*", "...", "&", "=", "?", "/", "+", "%", "%00", "%22", "%27", "%5C", "%0A", "%0D%0A", "%2C",
        "%C3%A4", "%F0%9F%92%A9", "%ED%A0%80", "%FF", "%2", "%zz", "not.", "and", "or", "is.null", "in.(", "limit", "offset", "order", "select",
        "count()", ".sum()", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "{", "}", "[", "]", "$1", "$$", "--", "/*", ";",
        "%E2%80%99", "%EF%BC%87", "(((((((((", ")))))))))", "\\", "'", "\"", "\ud800", "💩", "\u0000",
    ];

    readonly Random _random = new(number);

    internal WireRequest Next()
    {
        var request = Valid();
        // Half of them stay as they are: what follows the parsers must be reached, too.
        for (var spoiled = _random.Next(2) == 0 ? 0 : _random.Next(1, 4); spoiled > 0; spoiled--)
            request = Spoil(request);
        return request;
    }

    WireRequest Valid()
    {
        var isCall = _random.Next(6) == 0;
        var method = isCall ? Pick("GET", "POST", "HEAD") : Pick("GET", "GET", "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS");
        var path = _random.Next(50) == 0 ? "/" : isCall ? $"/rpc/{Pick(Calls)}" : $"/{Pick(Tables)}";
        var parameters = Times(3, () => Parameter(isCall)).ToList();
        if (method == "PUT")
            parameters = ["id=eq.1"];
        if (isCall && method != "POST")
            parameters.AddRange(Times(2, () => $"{Pick("a", "b", "person", "numbers", "value", "title")}={Pick("1", "2", "x", "%7B1,2%7D")}"));
        var target = parameters.Count == 0 ? path : $"{path}?{string.Join('&', parameters)}";

        var headers = new List<KeyValuePair<string, string>>();
        Add(headers, 3, "Accept", Pick(Accepts));
        Add(headers, 3, "Prefer", string.Join(", ", Times(4, () => Pick(Preferences))));
        Add(headers, 6, "Range", Pick("0-4", "5-", "2-1", "-5", "0-0", "items=0-4"));
        Add(headers, 8, Pick("Accept-Profile", "Content-Profile"), Pick("api", "other", "trap", "pg_catalog"));
        Add(headers, 20, "Cookie", "a=b; session=x");
        Add(headers, 30, "X-Trace", "abc");
        if (method is not ("POST" or "PATCH" or "PUT"))
            return new(method, target, headers, []);
        var type = _random.Next(3) == 0 ? Pick(ContentTypes) : "application/json";
        headers.Add(new("Content-Type", type));
        return new(method, target, headers, Encoding.UTF8.GetBytes(Body(type)));
    }

    // Most of them fit the type of a column of notes.
    string Parameter(bool isCall) => _random.Next(40) switch
    {
        > 12 => Pick(
            "id=eq.1", "title=like.note*", "body->>k=eq.v", "rating=gte.5", "mood=in.(ok,happy)", "amount=lt.10", "done=is.true", "day=eq.2026-01-01",
            "span=cs.%5B2,3)", "labels=ov.%7Bred%7D", "numbers=cd.%7B1,2,3%7D", "words=fts.note", "select=id,title", "select=*,people(name)",
            "select=id,details(*),tags(name)", "select=title,...people(who:name)", "select=owner,amount.sum()", "order=id.desc", "limit=5", "offset=3",
            "or=(id.eq.1,title.ilike.*2)", "and=(id.gt.3,or(done.is.true,rating.lt.50))", "details=not.is.null&select=id,details(note)", "title=match.%5Enote"),
        0 or 1 => $"select={Select(0)}",
        2 => $"order={string.Join(',', Times(2, Order).DefaultIfEmpty("id"))}",
        3 => $"limit={Pick("0", "1", "5", "-1", "x")}",
        4 => $"offset={Pick("0", "1", "100", "-1")}",
        5 => $"{Pick("or", "and", "not.or")}=({string.Join(',', Times(3, () => Condition(0)).DefaultIfEmpty("id.eq.1"))})",
        6 => $"{Pick(Embeds)}.{Pick(Columns)}={Operation()}",
        7 => $"{Pick(Embeds)}.{Pick("limit=2", "offset=1", "order=id.desc", "or=(id.eq.1,id.eq.2)", "select=id")}",
        8 => Pick("columns=id,title", "columns=title,owner", "on_conflict=id", "on_conflict=owner,title", "columns=a"),
        9 when !isCall => $"{Pick(Embeds)}=not.is.null",
        _ => $"{Pick(Columns)}={Operation()}",
    };

    string Operation()
        => (_random.Next(5) == 0 ? "not." : "") + _random.Next(8) switch
        {
            0 => $"in.({string.Join(',', Times(4, () => Pick(Values)).DefaultIfEmpty("1"))})",
            1 => $"is.{Pick("null", "true", "false", "unknown", "not_null", "NULL")}",
            _ => $"{Pick(Operators)}.{Pick(Values)}",
        };

    string Condition(int depth)
        => depth < 3 && _random.Next(4) == 0
            ? $"{Pick("and", "or", "not.and")}({string.Join(',', Times(3, () => Condition(depth + 1)).DefaultIfEmpty("id.eq.1"))})"
            : $"{Pick(Columns)}.{Operation()}";

    string Select(int depth) => string.Join(',', Times(4, () => _random.Next(6) switch
    {
        0 when depth < 3 => $"{Pick("", "", "...")}{Pick(Embeds)}({Select(depth + 1)})",
        1 => $"{Pick("", "alias:")}{Pick(Columns)}.{Pick("sum", "avg", "count", "max", "min")}(){Pick("", "::text")}",
        2 => $"{Pick(Columns)}{Pick(Casts)}",
        3 => $"{Pick("x", "%22y%22", "order")}:{Pick(Columns)}",
        4 => Pick("*", "count()"),
        _ => Pick(Columns),
    }).DefaultIfEmpty("*"));

    string Order() => $"{Pick("", "", "people(", "details(")}{Pick(Columns)}{Pick("", ".asc", ".desc", ".desc.nullslast", ".nullsfirst", ")")}";

    string Body(string type) => type switch
    {
        "text/csv" => $"{Pick("title,owner", "a,b", "id,title,owner")}\n{Pick("x,1", "NULL,1", "\"q\"\"x\",2", "7,y,1")}\n",
        "application/x-www-form-urlencoded" => Pick("a=1&b=2", "title=x&owner=1", "person=1"),
        "text/plain" or "text/xml" or "application/octet-stream" => Pick("hello", "<a/>", ""),
        _ => Pick(
            "{\"title\":\"x\",\"owner\":1}", "[{\"title\":\"x\",\"owner\":1},{\"title\":\"y\",\"owner\":2}]", "{}", "[]", "[{},{}]", "",
            "{\"a\":1,\"b\":2}", "{\"id\":1,\"title\":\"z\",\"owner\":1}", "{\"person\":1}", "{\"numbers\":[1,2]}", "{\"body\":{\"a\":[1,{\"b\":null}]},\"owner\":1}",
            "null", "1", "\"x\"", "{\"value\":\"x\\r\\nSet-Cookie: a=b\"}"),
    };

    WireRequest Spoil(WireRequest request) => _random.Next(12) switch
    {
        0 => request with { Method = Pick("get", "TRACE", "CONNECT", "PURGE", "G*T", "OPTIONS", "PUT", "DELETE", "PATCH", "POST") },
        1 or 2 when request.Body.Length > 0 => request with { Body = SpoilBytes(request.Body) },
        3 when request.Headers.Count > 0 => SpoilHeader(request),
        4 => request with { Target = $"{request.Target}{(request.Target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{Parameter(false)}" },
        _ => request with { Target = $"/{Spoil(request.Target[1..], isTarget: true)}" },
    };

    WireRequest SpoilHeader(WireRequest request)
    {
        var at = _random.Next(request.Headers.Count);
        var (name, value) = request.Headers[at];
        return request with { Headers = [.. request.Headers.Where((_, index) => index != at), new(name, Spoil(value, isTarget: false).Trim())] };
    }

    string Spoil(string text, bool isTarget)
    {
        var at = _random.Next(text.Length + 1);
        var length = _random.Next(Math.Min(8, text.Length - at) + 1);
        var spoiled = _random.Next(6) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, text.Substring(at, length)),
            2 => text.Insert(at, ((char)_random.Next('!', '\u007f')).ToString()),
            3 => text.Insert(at, string.Create(CultureInfo.InvariantCulture, $"%{_random.Next(256):X2}")),
            _ => text.Remove(at, length).Insert(at, Pick(Tokens)),
        };
        // What Kestrel lets through: no control characters, and in the target nothing but ASCII.
        return string.Concat(spoiled.EnumerateRunes().Where(rune => rune.Value is > 32 and < 127 || (!isTarget && rune.Value is 32 or > 160 and not 0xfffd)));
    }

    byte[] SpoilBytes(byte[] body)
    {
        var at = _random.Next(body.Length + 1);
        var length = _random.Next(Math.Min(8, body.Length - at) + 1);
        var insert = _random.Next(4) switch
        {
            0 => new[] { (byte)_random.Next(256) },
            1 => body[at..(at + length)],
            2 => Encoding.UTF8.GetBytes(Pick("\\u0000", "\\ud800", "{", "[", "\"", ",", "\\", "1e999", "null", "\n", "\r", "💩", ":")),
            _ => [],
        };
        return [.. body[..at], .. insert, .. body[(at + (_random.Next(2) == 0 ? 0 : length))..]];
    }

    void Add(List<KeyValuePair<string, string>> headers, int oneIn, string name, string value)
    {
        if (_random.Next(oneIn) == 0)
            headers.Add(new(name, value));
    }

    string Pick(params ReadOnlySpan<string> choices) => choices[_random.Next(choices.Length)];

    List<string> Times(int most, Func<string> make) => [.. Enumerable.Range(0, _random.Next(most)).Select(_ => make())];
}
