namespace Evolv.Tests.Rest.Read;

/// <summary>A domain that is another thing outside the database: cents that are shown as euros.</summary>
[Collection(typeof(Bookshop))]
public sealed class RepresentationTests(Bookshop shop)
{
    [Theory]
    [InlineData("/fines?order=id", """[{"id":1,"copy_id":1,"amount":"2.50 EUR"},{"id":2,"copy_id":3,"amount":"10.00 EUR"},{"id":3,"copy_id":1,"amount":null}]""")]
    [InlineData("/fines?select=amount&id=eq.1", """[{"amount":"2.50 EUR"}]""")]
    [InlineData("/fines?select=fine:amount&id=eq.1", """[{"fine":"2.50 EUR"}]""")]
    [InlineData("/fines?select=amount::text&id=eq.1", """[{"amount":"\"2.50 EUR\""}]""")]
    [InlineData("/copies?select=id,fines(amount)&id=eq.3", """[{"id":3,"fines":[{"amount":"10.00 EUR"}]}]""")]
    [InlineData("/copies?select=id,fines(*)&id=eq.3", """[{"id":3,"fines":[{"id":2,"copy_id":3,"amount":"10.00 EUR"}]}]""")]
    [InlineData("/fines?select=*,copies(book_id)&id=eq.1", """[{"id":1,"copy_id":1,"amount":"2.50 EUR","copies":{"book_id":1}}]""")]
    [InlineData("/fines?select=copies(id),*&id=eq.2", """[{"copies":{"id":3},"id":2,"copy_id":3,"amount":"10.00 EUR"}]""")]
    [InlineData("/fines?select=copy_id,amount.count()&order=copy_id", """[{"copy_id":1,"count":1},{"copy_id":3,"count":1}]""")]
    [InlineData("/copies?select=id,...fines(amount)&id=eq.1&fines.order=id", """[{"id":1,"amount":["2.50 EUR",null]}]""")]
    public async Task Values_are_shown_in_their_form(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("amount=eq.2.50 EUR", "1")]
    [InlineData("amount=eq.2.5", "1")]
    [InlineData("amount=gt.3", "2")]
    [InlineData("amount=in.(2.50 EUR,10)", "1 2")]
    [InlineData("amount=not.eq.10", "1")]
    [InlineData("amount=eq(any).{2.50 EUR,10}", "1 2")]
    [InlineData("amount=gt(all).{1,2}", "1 2")]
    [InlineData("amount=isdistinct.2.50 EUR", "2 3")]
    [InlineData("amount=is.null", "3")]
    [InlineData("or=(amount.lt.3,id.eq.3)", "1 3")]
    public async Task Filters_take_the_same_form(string filter, string ids)
        => await AssertAnswerAsync($"/fines?select=id&order=id&{filter}", $"[{string.Join(',', ids.Split(' ').Select(id => $$"""{"id":{{id}}}"""))}]");

    [Fact]
    public async Task Order_is_that_of_the_values()
        => await AssertAnswerAsync("/fines?select=amount&order=amount.desc.nullslast", """[{"amount":"10.00 EUR"},{"amount":"2.50 EUR"},{"amount":null}]""");

    async Task AssertAnswerAsync(string request, string expected) => (await shop.SendAsync($"GET {request}")).Is(200, expected);
}
