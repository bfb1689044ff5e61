using System.Collections.Immutable;
using System.Text;

namespace Evolv.Tests.Rest.Attack;

/// <summary>
/// Texts that would do harm if they got into SQL, and the places of a request where a text can be. What would run trips the
/// wire (418) or sleeps until the statement's timeout (504).
/// </summary>
static class Injections
{
    // What harm is done...
    static readonly string[] Harms =
    [
        "select trap.wire()", "trap.wire()", "select pg_sleep(30)", "pg_sleep(30)", "drop table trap.canary", "delete from trap.canary",
        "update trap.canary set song = ''", "truncate trap.canary", "select song from trap.canary", "copy trap.canary to program 'true'",
    ];

    // ... after leaving what the text stands in.
    static readonly string[] Escapes =
    [
        "'; {0}; --", "' or {0} --", "'||({0})||'", "\"; {0}; --", "\" from trap.canary; {0} --", "\"\"; {0} --", "''; {0} --", "\\'; {0}; --",
        "\\\"; {0}; --", "\\\\'; {0}; --", "$${0}$$", "$a$; {0}; $a$", "1; {0}", "1); {0}; --", "1) or ({0}) or (1", ")) union {0} --",
        "1 union all {0}", "*/ {0} /*", "/* '; {0} */", "-- \n{0}", "\r\n{0};--", "' \u0000; {0}; --", "\" \u0000; {0}; --", "\u2019; {0}; --",
        "\u02bc; {0}; --", "\uff07; {0}; --", "\u201c; {0}; --", "\uff02; {0}; --", "\uff1b {0} --", "e'\\''; {0}; --", "U&'\\0027; {0}; --",
        "U&\"\\0022; {0}; --", "'::text; {0}; --", "'::regclass::text || ({0}) --", "1::int as x, ({0}) as y from api.notes; --",
        "->>'a'; {0}; --", "->('; {0}; --", "}'; {0}; --", "{{\"; {0}; --", "]'; {0} --", "%27; {0}; --", "%2527; {0}; --", "%c0%a7; {0}; --",
        "%ef%bc%87; {0}; --", "' and 1=({0}) and '1'='1", "\" = \"\" or ({0}) or \"id", "id\" = (select 1 where {0}) and \"id", "E'\\x27'; {0} --",
        "x' returning ({0}) --", "x\") values (1); {0}; --", "'); {0}; --", "1 limit ({0}) --", "\\\n'; {0}; --", "\t'; {0}; --", "'/**/;/**/{0}/**/--",
    ];

    /// <summary>What is no SQL but hard to handle.</summary>
    static readonly string[] Others =
    [
        "", " ", "'", "\"", "\\", "\u0000", "a\u0000b", ";", "--", "/*", "*/", "$$", "$1", "$tag$", "::", "::text", "->", "->>", "->>'", "#>>", "@@", "%",
        "%%", "%00", "%0", "\r\nSet-Cookie: a=b", "\r\n\r\n<html>", "\n", "\t", "\u202e", "\ufeff", "\ufffd", "💩", "ｓｅｌｅｃｔ", "select", "null", "NULL",
        "true", "*", "**", "()", "(((", ")))", "{}", "{\"a\":1}", "[1,2]", "\"\"", "''", "\"a\".\"b\"", "pg_catalog.pg_class", "trap.canary",
        "information_schema.tables", "current_user", "session_user", "version()", "ctid", "xmin", "tableoid", "tableoid::regclass", "oid", "pgrst_source",
        "_postgrest_t", "pgrst_body", "pgrst_call", "public", "pg_temp", "nan", "infinity", "-0", "1e999", "0x10", "9223372036854775808",
        "99999999999999999999999999", "\\x00", "\\u0000", "{{1},{2}}", "{\"\\\"\"}", "[,]", "(,)", "empty", "a & b", "a <-> b", "!!", ":*",
        "(a+)+$", "[[:<:]]", "\\1", "(?i", "x{99999}", "not.eq.1", "eq.1", "and(id.eq.1)", "or=(id.eq.1)", "select=*", "limit=1", "a,b", "a.b", "a!b", "a:b",
    ];

    internal static readonly ImmutableArray<string> Texts =
    [
        .. Escapes.SelectMany((escape, index) => Harms.Where((_, harm) => harm < 5 || (harm + index) % 2 == 0).Select(harm => escape.Replace("{0}", harm, StringComparison.Ordinal))),
        .. Others,
    ];

    /// <summary>Each place, with the text put into it raw and, where a grammar has quotes, within them.</summary>
    internal static IEnumerable<(string Place, WireRequest Request)> Everywhere(string text)
    {
        var raw = Percent(text);
        var quoted = Percent($"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        foreach (var (place, template) in Targets)
        {
            yield return (place, new("GET", template.Replace("{}", raw, StringComparison.Ordinal)));
            yield return ($"{place} in quotes", new("GET", template.Replace("{}", quoted, StringComparison.Ordinal)));
        }

        foreach (var name in Operators)
            yield return ($"value of {name}", new("GET", $"/notes?select=id&{(name is "cs" or "cd" or "ov" ? "labels" : name is "fts" or "plfts" or "phfts" or "wfts" ? "words" : "title")}={name}.{raw}"));

        var json = System.Text.Json.JsonSerializer.Serialize(text);
        yield return ("key of JSON", new("POST", "/notes", $"{{{json}:1,\"owner\":1}}"));
        yield return ("value of JSON", new("POST", "/notes?select=title", $"{{\"title\":{json},\"owner\":1}}", ("Prefer", "return=representation")));
        yield return ("default of JSON", new("POST", "/notes", $"[{{\"title\":{json},\"owner\":1}}]", ("Prefer", "missing=default")));
        yield return ("JSON in JSON", new("PATCH", "/notes?id=eq.1", $"{{\"body\":{{{json}:{json}}}}}"));
        yield return ("body", new("POST", "/notes", text));
        yield return ("body with columns", new("POST", "/notes?columns=title,owner", text));
        yield return ("column of PATCH", new("PATCH", $"/notes?columns={quoted}&id=eq.1", "{\"title\":\"x\"}"));
        yield return ("filter of DELETE", new("DELETE", $"/note_tags?tag=eq.{raw}&note=eq.0"));
        yield return ("key of PUT", new("PUT", $"/tags?id=eq.{raw}", $"{{\"id\":1,\"name\":{json}}}"));
        yield return ("on_conflict", new("POST", $"/tags?on_conflict={quoted}", "{\"id\":1,\"name\":\"x\"}", ("Prefer", "resolution=merge-duplicates")));
        yield return ("header of CSV", new("POST", "/notes", $"{Csv(text)},owner\nx,1\n", ("Content-Type", "text/csv")));
        yield return ("value of CSV", new("POST", "/notes", $"title,owner\n{Csv(text)},1\n", ("Content-Type", "text/csv")));
        yield return ("name of a form", new("POST", "/notes", $"{raw}=x&owner=1", ("Content-Type", "application/x-www-form-urlencoded")));
        yield return ("value of a form", new("POST", "/rpc/pick", $"b={raw}", ("Content-Type", "application/x-www-form-urlencoded")));
        yield return ("argument in JSON", new("POST", "/rpc/pick", $"{{\"b\":{json}}}"));
        yield return ("name of an argument in JSON", new("POST", "/rpc/pick", $"{{{json}:1}}"));
        yield return ("whole body of a call", new("POST", "/rpc/shout", text, ("Content-Type", "text/plain")));
        yield return ("JSON body of a call", new("POST", "/rpc/echo", $"{{{json}:{json}}}"));
        yield return ("header by a function", new("POST", "/rpc/header", $"{{\"value\":{json}}}"));

        // No client can send line breaks or NUL in a header: they end it.
        var line = string.Concat(text.Where(character => !char.IsControl(character))).Trim();
        foreach (var name in Headers)
            yield return (name, InHeader(name, line));
        yield return ("timezone", InHeader("Prefer", $"timezone={line}"));
        yield return ("strict preference", InHeader("Prefer", $"handling=strict, count={line}"));
        yield return ("options of a plan", InHeader("Accept", $"application/vnd.pgrst.plan+json; for=\"{line}\"; options={line}"));
        yield return ("Content-Type", new("POST", "/notes", "{}", ("Content-Type", line)));
        yield return ("Content-Profile", new("POST", "/notes", "{}", ("Content-Profile", line)));
    }

    static readonly string[] Headers = ["Accept-Profile", "Accept", "Prefer", "Range", "X-Trace", "Cookie", "X-Request-Id", "apikey"];

    static readonly (string Place, string Template)[] Targets =
    [
        ("table", "/{}"), ("function", "/rpc/{}"), ("column", "/notes?select={}"), ("alias", "/notes?select={}:id"), ("cast", "/notes?select=id::{}"),
        ("cast of an aggregate", "/notes?select=id.sum()::{}"), ("JSON key", "/notes?select=body->{}"), ("JSON text key", "/notes?select=body->>{}"),
        ("embed", "/notes?select={}(*)"), ("alias of an embed", "/notes?select={}:people(*)"), ("hint", "/notes?select=people!{}(*)"),
        ("spread", "/notes?select=...{}(*)"), ("column of an embed", "/notes?select=people({})"), ("column of a filter", "/notes?{}=eq.1"),
        ("JSON key of a filter", "/notes?body->{}=eq.1"), ("path of a filter", "/notes?select=id,people(id)&{}.id=eq.1"), ("operator", "/notes?id={}.1"),
        ("whole filter", "/notes?id={}"), ("list", "/notes?id=in.({})"), ("list of texts", "/notes?title=in.({},x)"), ("is", "/notes?id=is.{}"),
        ("language", "/notes?words=fts({}).note"), ("logic", "/notes?or=({})"), ("value in logic", "/notes?or=(title.eq.{},id.eq.1)"),
        ("column in logic", "/notes?and=({}.eq.1)"), ("path of logic", "/notes?{}.or=(id.eq.1)"), ("order", "/notes?order={}"), ("direction", "/notes?order=id.{}"),
        ("related order", "/notes?select=id,people(id)&order={}(id)"), ("limit", "/notes?limit={}"), ("offset", "/notes?offset={}"),
        ("limit of an embed", "/notes?select=people(id)&people.limit={}"), ("columns", "/notes?columns={}"), ("argument", "/rpc/pick?b={}"),
        ("number as argument", "/rpc/add?a={}"), ("variadic argument", "/rpc/sum_of?numbers={}"), ("name of an argument", "/rpc/pick?{}=1"),
        ("parameter without value", "/notes?{}"), ("quoted argument of spread order", "/people?select=...notes(title)&notes.order={}"),
    ];

    static readonly string[] Operators =
        ["eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj", "fts", "plfts", "phfts", "wfts", "isdistinct", "not.eq", "eq(any)", "like(all)"];

    static WireRequest InHeader(string name, string value) => new("GET", "/notes?select=id&limit=1", null, (name, value));

    static string Percent(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(value => char.IsAsciiLetterOrDigit((char)value) ? ((char)value).ToString() : $"%{value:X2}"));

    static string Csv(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
