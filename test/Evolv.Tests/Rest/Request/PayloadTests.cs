using System.Text;
using Evolv.Rest;
using Evolv.Rest.Request;

namespace Evolv.Tests.Rest.Request;

public sealed class PayloadTests
{
    [Theory]
    [InlineData("""{"b":1,"a":{"c":2}}""", "a b")]
    [InlineData("""[{"b":1,"a":2},{"a":3,"b":null}]""", "a b")]
    [InlineData(""" [ {"a":[{"x":1}]} , {"a":[]} ] """, "a")]
    [InlineData("""{"a":1,"a":2}""", "a")]
    [InlineData("""{"\u0061":1}""", "a")]
    [InlineData("{}", "")]
    [InlineData("[{},{}]", "")]
    public void Json_is_sent_as_it_came(string body, string keys)
    {
        var json = Assert.IsType<Payload.Json>(Parse(body));

        Assert.Equal((body, keys), (Text(json), string.Join(' ', json.Keys)));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("\"text\"")]
    public void Json_without_objects_is_an_empty_list(string body)
        => Assert.Equal("[]", Text(Assert.IsType<Payload.Json>(Parse(body))));

    [Theory]
    [InlineData("{\"a\":1}", true)]
    [InlineData(" \r\n\t{}", true)]
    [InlineData("[{\"a\":1}]", false)]
    public void One_object_is_no_list(string body, bool isObject)
        => Assert.Equal(isObject, Assert.IsType<Payload.Json>(Parse(body)).IsObject);

    [Theory]
    [InlineData("", "Empty or invalid json")]
    [InlineData("{", "Empty or invalid json")]
    [InlineData("{\"a\":1}}", "Empty or invalid json")]
    [InlineData("{'a':1}", "Empty or invalid json")]
    [InlineData("[{\"a\":1},]", "Empty or invalid json")]
    [InlineData("[{\"a\":1},{\"b\":1}]", "All object keys must match")]
    [InlineData("[{\"a\":1},{\"a\":1,\"b\":1}]", "All object keys must match")]
    [InlineData("[{\"a\":1,\"b\":1},{\"a\":1}]", "All object keys must match")]
    [InlineData("[{\"a\":1},5]", "All object keys must match")]
    [InlineData("[{\"a\":1},{\"b\":1},]", "Empty or invalid json")]
    public void Json_that_is_no_list_of_equal_objects_is_refused(string body, string message)
        => Assert.Equal((400, "PGRST102", message), Refusal(() => Parse(body)));

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
        => Assert.Equal(
            (400, "PGRST102", "Empty or invalid json"),
            Refusal(() => Payload.Parse(new byte[] { (byte)'"', 0xff, (byte)'"' }, MediaType.Json, isCall: false, null)));

    [Fact]
    public void Keys_do_not_count_when_columns_are_listed()
    {
        var json = Assert.IsType<Payload.Json>(Parse("""[{"a":1},{"b":1}]""", columns: ["a"]));

        Assert.Equal("""[{"a":1},{"b":1}]""", Text(json));
        Assert.Empty(json.Keys);
    }

    [Fact]
    public void A_call_without_a_body_has_no_arguments()
        => Assert.Equal("{}", Text(Assert.IsType<Payload.Json>(Parse("", isCall: true))));

    [Theory]
    [InlineData("a,b\n1,x\n", """[{"a":"1","b":"x"}]""")]
    [InlineData("a,b\n1,x\n2,y", """[{"a":"1","b":"x"},{"a":"2","b":"y"}]""")]
    [InlineData("a,b\r\n1,x\r\n", """[{"a":"1","b":"x"}]""")]
    [InlineData("b,a\nNULL,\n", """[{"b":null,"a":""}]""")]
    [InlineData("a\n\"x,\"\"y\"\"\nz\"\n", """[{"a":"x,\u0022y\u0022\nz"}]""")]
    [InlineData("\"a b\",c\n1,2\n", """[{"a b":"1","c":"2"}]""")]
    [InlineData("a,b\n\n1,x\r\n\r\n", """[{"a":"1","b":"x"}]""")]
    [InlineData("a,b\n", "[]")]
    public void Lines_of_csv_become_objects(string body, string expected)
        => Assert.Equal(expected, Text(Assert.IsType<Payload.Json>(Parse(body, MediaType.Csv))));

    [Theory]
    [InlineData("a,b\n1\n")]
    [InlineData("a,b\n1,2,3\n")]
    public void Lines_of_csv_must_be_equally_long(string body)
        => Assert.Equal((400, "PGRST102", "All lines must have same number of fields"), Refusal(() => Parse(body, MediaType.Csv)));

    [Theory]
    [InlineData("a,b\n1,x\"y\n2,z\"w\n", "record 2")]
    [InlineData("a,b\n1,2\n3,\"x", "record 3")]
    [InlineData("a,b\n1,\"x\"y\n", "record 2")]
    [InlineData("a,b\r1,2\r", "record 1")]
    [InlineData("a,a\n1,2\n", "'a' is named twice")]
    [InlineData("", "Empty or invalid csv")]
    [InlineData("a,b", "Empty or invalid csv")]
    public void Csv_that_can_be_read_in_two_ways_is_refused(string body, string says)
    {
        var (status, code, message) = Refusal(() => Parse(body, MediaType.Csv));

        Assert.Equal((400, "PGRST102"), (status, code));
        Assert.Contains(says, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_that_the_first_object_has_twice_count_once()
        => Assert.Equal("k", string.Join(' ', Assert.IsType<Payload.Json>(Parse("""[{"k":"a","k":"b"},{"k":"c"}]""", MediaType.Json)).Keys));

    [Theory]
    [InlineData("a=1&b=x+y%26z", """{"a":"1","b":"x y\u0026z"}""", "a b")]
    [InlineData("b=1&a=2&b=3", """{"b":"3","a":"2"}""", "a b")]
    [InlineData("a", """{"a":""}""", "a")]
    public void A_form_is_one_row(string body, string expected, string keys)
    {
        var json = Assert.IsType<Payload.Json>(Parse(body, MediaType.UrlEncoded));

        Assert.Equal((expected, keys), (Text(json), string.Join(' ', json.Keys)));
    }

    [Fact]
    public void A_form_calls_a_function_with_all_its_fields()
    {
        var form = Assert.IsType<Payload.Form>(Parse("v=1&v=2&x=%C3%A9", MediaType.UrlEncoded, isCall: true));

        Assert.Equal([KeyValuePair.Create("v", "1"), KeyValuePair.Create("v", "2"), KeyValuePair.Create("x", "é")], form.Arguments);
    }

    [Fact]
    public void Text_and_bytes_are_for_functions_alone()
    {
        foreach (var type in (MediaType[])[MediaType.PlainText, MediaType.Xml, MediaType.OctetStream])
        {
            Assert.IsType<Payload.Raw>(Parse("x", type, isCall: true));
            Assert.Equal((400, "PGRST102", $"Content-Type not acceptable: {type.Mime}"), Refusal(() => Parse("x", type)));
        }

        Assert.Equal((400, "PGRST102", "Content-Type not acceptable: image/png"), Refusal(() => Parse("x", new MediaType.Other("image/png"), isCall: true)));
    }

    static Payload Parse(string body, MediaType? type = null, bool isCall = false, string[]? columns = null)
        => Payload.Parse(Encoding.UTF8.GetBytes(body), type ?? MediaType.Json, isCall, columns is null ? null : [.. columns]);

    static string Text(Payload.Json json) => Encoding.UTF8.GetString(json.Body.Span);

    static (int, string, string) Refusal(Action parse)
    {
        var error = Assert.Throws<RestError>(parse);
        return (error.Status, error.Code, error.Message);
    }
}
