namespace Evolv.Tests.Rest.Calls;

public sealed class ArgumentTests(CallsServer server) : IClassFixture<CallsServer>
{
    const string Form = "Content-Type: application/x-www-form-urlencoded";

    RestServer Api => server.Api;

    [Theory]
    [InlineData("""{"a":1,"b":2}""", "3")]
    [InlineData("""{"b":2,"a":1}""", "3")]
    [InlineData("""{"a":1}""", "11")]
    [InlineData("""{"a":"4"}""", "14")]
    [InlineData("""{"a":1,"b":null}""", "null")]
    [InlineData("""[{"a":1,"b":2},{"a":5,"b":5}]""", "3")]
    public async Task Keys_of_the_body_are_arguments(string body, string sum)
        => (await Api.SendAsync("POST /rpc/add", body)).IsText(200, sum)
            .Has("Content-Type", "application/json; charset=utf-8").Has("Content-Range", "0-0/*").Has("Vary", "Accept-Encoding, Origin, Accept, Prefer, Range");

    [Theory]
    [InlineData("a=1&b=2", "3")]
    [InlineData("b=2&a=1", "3")]
    [InlineData("a=1", "11")]
    [InlineData("a=1&a=2&b=5", "7")]
    public async Task Parameters_of_the_address_are_arguments(string query, string sum)
        => (await Api.SendAsync($"GET /rpc/add?{query}")).IsText(200, sum);

    [Theory]
    [InlineData("a=1&b=2", "3")]
    [InlineData("a=1", "11")]
    public async Task Fields_of_a_form_are_arguments(string form, string sum)
        => (await Api.SendAsync("POST /rpc/add", form, Form)).IsText(200, sum);

    [Fact]
    public async Task Columns_name_the_arguments_in_the_body()
        => (await Api.SendAsync("POST /rpc/add?columns=a", """{"a":1,"b":5,"c":7}""")).IsText(200, "11");

    [Theory]
    [InlineData("GET /rpc/greet?name=Ada+L.&greeting=Good%20day", "\"Good day, Ada L.\"")]
    [InlineData("GET /rpc/greet?name=", "\"Hello, \"")]
    [InlineData("GET /rpc/greet?name=null", "\"Hello, null\"")]
    [InlineData("GET /rpc/greet?name=%C3%84nne%26%27%22", "\"Hello, Änne&'\\\"\"")]
    [InlineData("GET /rpc/odd?the%20arg=1&%C3%9Cnder=x", "\"1x\"")]
    [InlineData("GET /rpc/total?numbers=%7B1,2,3%7D", "6")]
    [InlineData("GET /rpc/total?numbers={1,2,3}", "6")]
    [InlineData("GET /rpc/resize?to_size=large", "\"large\"")]
    [InlineData("GET /rpc/mirror?point=(1,2)", """{"x":2,"y":1}""")]
    [InlineData("GET /rpc/join_words?words=a&words=b", "\"a-b\"")]
    [InlineData("GET /rpc/join_words?words={a,b}", "\"{a,b}\"")]
    [InlineData("GET /rpc/join_more?glue=.&words=a&words=b", "\"a.b\"")]
    [InlineData("GET /rpc/now_is", "\"noon\"")]
    [InlineData("GET /rpc/echo?document={\"a\":1}", """{"a":1}""")]
    public async Task Text_becomes_what_the_function_takes(string line, string result)
        => (await Api.SendAsync(line)).IsText(200, result);

    [Theory]
    [InlineData("/rpc/greet", """{"name":null}""", "\"Hello, you\"")]
    [InlineData("/rpc/odd", """{"the arg":1,"Ünder":"x"}""", "\"1x\"")]
    [InlineData("/rpc/total", """{"numbers":[1,2,3]}""", "6")]
    [InlineData("/rpc/total", """{"numbers":"{1,2}"}""", "3")]
    [InlineData("/rpc/total", """{"numbers":[]}""", "null")]
    [InlineData("/rpc/join_words", """{"words":["a","b"]}""", "\"a-b\"")]
    [InlineData("/rpc/join_more", """{"glue":".","words":["a"]}""", "\"a\"")]
    [InlineData("/rpc/mirror", """{"point":{"x":1,"y":2}}""", """{"x":2,"y":1}""")]
    [InlineData("/rpc/echo", """{"document":{"b":[1, 2],"a":null}}""", """{"b":[1, 2],"a":null}""")]
    [InlineData("/rpc/now_is", "", "\"noon\"")]
    [InlineData("/rpc/now_is", "{}", "\"noon\"")]
    public async Task JSON_becomes_what_the_function_takes(string path, string body, string result)
        => (await Api.SendAsync($"POST {path}", body)).IsText(200, result);

    [Fact]
    public async Task A_variadic_form_repeats_its_field()
        => (await Api.SendAsync("POST /rpc/join_words", "words=a&words=b", Form)).IsText(200, "\"a-b\"");

    [Theory]
    [InlineData("/rpc/whole", """{"a" : 1, "b":[]}""", """{"a" : 1, "b":[]}""")]
    [InlineData("/rpc/whole", """[{"a":1},{"a":[2]}]""", """[{"a":1},{"a":[2]}]""")]
    [InlineData("/rpc/whole_b", """{"b":1,"a":2}""", """{"a": 2, "b": 1}""")]
    public async Task A_single_nameless_document_is_the_whole_body(string path, string body, string result)
        => (await Api.SendAsync($"POST {path}", body)).IsText(200, result);

    [Fact]
    public async Task A_single_nameless_argument_is_text_XML_or_bytes()
    {
        (await Api.SendAsync("POST /rpc/shout", "a\n\"ü\"", "Content-Type: text/plain")).Is(200, "\"A\\n\\\"Ü\\\"\"");
        (await Api.SendAsync("POST /rpc/measure", [0, 1, 255, 0], "Content-Type: application/octet-stream")).IsText(200, "4");
        (await Api.SendAsync("POST /rpc/mark", "<a>1</a>", "Content-Type: text/xml")).Is(200, "\"<a>1</a>\"");
    }

    [Fact]
    public async Task A_nameless_text_is_not_taken_from_JSON()
        => (await Api.SendAsync("POST /rpc/shout", "\"a\""))
            .Fails(
                404, "PGRST202", "Could not find the function api.shout without parameters in the schema cache",
                "Searched for the function api.shout without parameters or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.",
                "Perhaps you meant to call the function api.shout()");

    [Theory]
    [InlineData("GET /rpc/total?numbers=1", "22P02", "malformed array literal: \"1\"", "Array value must start with \"{\" or dimension information.")]
    [InlineData("GET /rpc/add?a=one", "22P02", "invalid input syntax for type integer: \"one\"", null)]
    [InlineData("GET /rpc/resize?to_size=huge", "22P02", "invalid input value for enum size: \"huge\"", null)]
    public async Task What_does_not_fit_is_PostgreSQLs_error(string line, string code, string message, string? details)
        => (await Api.SendAsync(line)).Fails(400, code, message, details);

    [Fact]
    public async Task What_is_no_JSON_is_refused()
        => (await Api.SendAsync("POST /rpc/add", """{"a":""")).Fails(400, "PGRST102", "Empty or invalid json");

    [Theory]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Other_methods_do_not_call(string method)
        => (await Api.SendAsync($"{method} /rpc/add", "{}")).Fails(405, "PGRST101", $"Cannot use the {method} method on RPC");

    [Fact]
    public async Task There_is_nothing_below_a_function()
        => (await Api.SendAsync("GET /rpc/add/1")).Fails(404, "PGRST125", "Invalid path specified in request URL");

    [Fact]
    public async Task A_function_says_how_it_is_called()
    {
        (await Api.SendAsync("OPTIONS /rpc/now_is")).IsEmpty(200).Has("Allow", "OPTIONS, GET, HEAD, POST");
        (await Api.SendAsync("OPTIONS /rpc/nothing")).IsEmpty(200).Has("Allow", "OPTIONS, POST");
        Assert.Equal(406, (await Api.SendAsync("OPTIONS /rpc/now_is", body: (string?)null, "Accept: unknown/unknown")).Status);
        Assert.Equal(400, (await Api.SendAsync("OPTIONS /rpc/now_is", body: (string?)null, "Prefer: handling=strict, foo")).Status);
    }
}
