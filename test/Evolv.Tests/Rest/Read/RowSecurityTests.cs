namespace Evolv.Tests.Rest.Read;

/// <summary>Everybody sees their own orders, whichever way they are asked for.</summary>
[Collection(typeof(Bookshop))]
public sealed class RowSecurityTests(Bookshop shop)
{
    [Theory]
    [InlineData("/orders?select=id&order=id", """[{"id":1},{"id":2}]""", """[{"id":3}]""")]
    [InlineData("/orders?select=id&id=eq.3", "[]", """[{"id":3}]""")]
    [InlineData("/orders?select=id&or=(id.eq.1,id.eq.3)", """[{"id":1}]""", """[{"id":3}]""")]
    [InlineData("/order_list?select=id&order=id", """[{"id":1},{"id":2}]""", """[{"id":3}]""")]
    [InlineData("/books?select=id,orders(quantity)&id=eq.1", """[{"id":1,"orders":[{"quantity":2}]}]""", """[{"id":1,"orders":[{"quantity":5}]}]""")]
    [InlineData("/books?select=id,orders!inner(quantity)&order=id", """[{"id":1,"orders":[{"quantity":2}]},{"id":3,"orders":[{"quantity":1}]}]""",
        """[{"id":1,"orders":[{"quantity":5}]}]""")]
    [InlineData("/books?select=id,o:orders(id)&o=is.null&id=lt.4&order=id", """[{"id":2,"o":[]}]""", """[{"id":2,"o":[]},{"id":3,"o":[]}]""")]
    [InlineData("/books?select=id,...orders(quantity)&id=eq.1", """[{"id":1,"quantity":[2]}]""", """[{"id":1,"quantity":[5]}]""")]
    [InlineData("/orders?select=id,books(title)&book_id=eq.1", """[{"id":1,"books":{"title":"Orlando"}}]""", """[{"id":3,"books":{"title":"Orlando"}}]""")]
    [InlineData("/orders?select=count(),quantity.sum()", """[{"count":2,"sum":3}]""", """[{"count":1,"sum":5}]""")]
    [InlineData("/books?select=orders(quantity.sum())&id=eq.1", """[{"orders":[{"sum":2}]}]""", """[{"orders":[{"sum":5}]}]""")]
    [InlineData("/authors?select=name,books(orders(id))&id=eq.2", """[{"name":"Orwell","books":[{"orders":[{"id":2}]}]}]""", """[{"name":"Orwell","books":[{"orders":[]}]}]""")]
    public async Task Somebody_sees_their_own_rows(string request, string ofAda, string ofBob)
    {
        (await shop.SendAsync($"GET {request}", Bookshop.As("ada"))).Is(200, ofAda);
        (await shop.SendAsync($"GET {request}", Bookshop.As("bob"))).Is(200, ofBob);
    }

    [Theory]
    [InlineData("ada", "0-1/2")]
    [InlineData("bob", "0-0/1")]
    [InlineData("eve", "*/0")]
    public async Task Only_those_are_counted(string name, string contentRange)
        => (await shop.SendAsync("HEAD /orders?select=id", Bookshop.As(name), "Prefer: count=exact")).IsEmpty(200).Has("Content-Range", contentRange);

    [Theory]
    [InlineData("ada", "0-0/2")]
    [InlineData("bob", "0-0/1")]
    [InlineData("eve", "*/0")]
    public async Task Only_rows_with_those_are_counted(string name, string contentRange)
    {
        var inner = await shop.SendAsync("HEAD /books?select=id,orders!inner(id)&limit=1", Bookshop.As(name), "Prefer: count=exact");
        var notNull = await shop.SendAsync("HEAD /books?select=id,orders(id)&orders=not.is.null&limit=1", Bookshop.As(name), "Prefer: count=exact");

        Assert.Equal((contentRange, contentRange), (inner.Header("Content-Range"), notNull.Header("Content-Range")));
    }

    [Theory]
    [InlineData("/orders?select=id", "[]")]
    [InlineData("/books?select=id,orders(id)&id=eq.1", """[{"id":1,"orders":[]}]""")]
    [InlineData("/books?select=id,orders!inner(id)", "[]")]
    [InlineData("/order_list", "[]")]
    public async Task Nobody_sees_none(string request, string expected) => (await shop.SendAsync($"GET {request}")).Is(200, expected);

    [Fact]
    public async Task Csv_has_the_same_rows()
        => Assert.Equal("id,quantity\n1,2\n2,1", (await shop.SendAsync("GET /orders?select=id,quantity&order=id", Bookshop.As("ada"), "Accept: text/csv")).Body);

    [Fact]
    public async Task One_of_several_rows_is_an_object_for_whom_it_is_the_only_one()
    {
        (await shop.SendAsync("GET /orders?select=id&book_id=eq.1", Bookshop.As("bob"), "Accept: application/vnd.pgrst.object+json")).Is(200, """{"id":3}""");
        Assert.Equal(406, (await shop.SendAsync("GET /orders?select=id&book_id=eq.1", "Accept: application/vnd.pgrst.object+json")).Status);
    }

    [Theory]
    [InlineData("/orders")]
    [InlineData("/orders?select=id,margin")]
    [InlineData("/orders?select=id&margin=gt.1")]
    [InlineData("/orders?select=id&order=margin")]
    [InlineData("/books?select=id,orders(margin)")]
    public async Task A_column_that_is_not_granted_is_refused(string request)
        => (await shop.SendAsync($"GET {request}", Bookshop.As("ada")))
            .Is(403, """{"code":"42501","message":"permission denied for table orders","details":null,"hint":null}""");

    [Fact]
    public async Task A_table_that_is_not_granted_is_refused()
    {
        const string Refusal = """{"code":"42501","message":"permission denied for table ledger","details":null,"hint":null}""";

        (await shop.SendAsync("GET /ledger")).Is(401, Refusal).Has("WWW-Authenticate", "Bearer");
        (await shop.SendAsync("GET /ledger", Bookshop.As("ada"))).Is(403, Refusal).Has("WWW-Authenticate", null);
    }
}
