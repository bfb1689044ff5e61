namespace Evolv.Tests.Rest.Read;

[Collection(typeof(Bookshop))]
public sealed class AggregateTests(Bookshop shop)
{
    [Theory]
    [InlineData("/books?select=count()", """[{"count":6}]""")]
    [InlineData("/books?select=price.count()", """[{"count":5}]""")]
    [InlineData("/books?select=all_pages:pages.sum(),price.sum()", """[{"all_pages":1362,"sum":48.00}]""")]
    [InlineData("/books?select=pages.min(),pages.max()", """[{"min":100,"max":336}]""")]
    [InlineData("/books?select=average:pages.avg()::int,all:count()", """[{"average":227,"all":6}]""")]
    [InlineData("/books?select=n:count()::text", """[{"n":"6"}]""")]
    [InlineData("/books?select=whole:price::int.sum()", """[{"whole":49}]""")]
    [InlineData("/books?select=first:details->ratings->0::int.sum()", """[{"first":17}]""")]
    [InlineData("/books?select=longest:title_length.max()", """[{"longest":9}]""")]
    [InlineData("/books?select=count()&pages=gt.200", """[{"count":3}]""")]
    [InlineData("/countries?select=count(),code.max()", """[{"count":3,"max":"JP"}]""")]
    [InlineData("/books?select=count()&id=eq.99", """[{"count":0}]""")]
    [InlineData("/books?select=pages.sum()&id=eq.99", """[{"sum":null}]""")]
    public async Task All_rows_are_one_group(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/books?select=author_id,count()&order=author_id",
        """[{"author_id":1,"count":2},{"author_id":2,"count":1},{"author_id":3,"count":2},{"author_id":4,"count":1}]""")]
    [InlineData("/books?select=lang:details->>lang,pages.sum()&details->>lang=eq.ja", """[{"lang":"ja","sum":398}]""")]
    [InlineData("/books?select=lang:details->>lang,count()&details=not.is.null&order=details->>lang.desc",
        """[{"lang":"ja","count":2},{"lang":"en","count":3}]""")]
    [InlineData("/books?select=details->ratings->0,count()&details->ratings->0=not.is.null&order=details->ratings->0",
        """[{"ratings":3,"count":1},{"ratings":4,"count":1},{"ratings":5,"count":2}]""")]
    [InlineData("/books?select=in_print,author_id,count()&author_id=eq.1&order=in_print",
        """[{"in_print":false,"author_id":1,"count":1},{"in_print":true,"author_id":1,"count":1}]""")]
    [InlineData("/book_genres?select=book_id,count()&order=book_id.desc&limit=2", """[{"book_id":6,"count":1},{"book_id":5,"count":1}]""")]
    [InlineData("/biographies?select=*,count()&author_id=eq.1", """[{"author_id":1,"text":"Kept a diary.","count":1}]""")]
    public async Task Other_columns_make_groups(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/authors?select=name,books(count())&id=in.(1,5)&order=id",
        """[{"name":"Woolf","books":[{"count":2}]},{"name":"Marquez","books":[{"count":0}]}]""")]
    [InlineData("/authors?select=name,books(publisher_id,pages.sum())&id=eq.3&books.order=publisher_id",
        """[{"name":"Soseki","books":[{"publisher_id":3,"sum":248},{"publisher_id":null,"sum":150}]}]""")]
    [InlineData("/countries?select=code,authors(count(),books(count()))&code=eq.JP", """[{"code":"JP","authors":[{"count":1,"books":[{"count":1}]},{"count":1,"books":[{"count":2}]}]}]""")]
    public async Task Groups_can_be_below(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/books?select=pages.sum(),authors(name)&author_id=eq.1", """[{"sum":536,"authors":{"name":"Woolf"}}]""")]
    [InlineData("/books?select=count(),...authors(name)&author_id=in.(1,2)&order=authors(name)",
        """[{"count":1,"name":"Orwell"},{"count":2,"name":"Woolf"}]""")]
    [InlineData("/copies?select=count(),...books(title)&book_id=eq.1", """[{"count":2,"title":"Orlando"}]""")]
    [InlineData("/books?select=count(),authors()", """[{"count":6}]""")]
    [InlineData("/books?select=count(),authors!inner()&authors.country_code=eq.JP", """[{"count":3}]""")]
    [InlineData("/books?select=in_print,count(),authors!inner()&authors.country_code=eq.JP&order=in_print", """[{"in_print":true,"count":2},{"in_print":null,"count":1}]""")]
    public async Task An_embed_makes_groups(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/copies?select=...books(pages.sum())", """[{"sum":1248}]""")]
    [InlineData("/books?select=...authors(name,count())&author_id=in.(1,2)&order=authors(name)",
        """[{"name":"Orwell","count":1},{"name":"Woolf","count":2}]""")]
    [InlineData("/books?select=...authors(...countries(country:name,books:count()))&author_id=in.(1,2)",
        """[{"country":"United Kingdom","books":3}]""")]
    [InlineData("/books?select=in_print,...publishers(latest:id.max())&in_print=is.not_null&order=in_print",
        """[{"in_print":false,"latest":1},{"in_print":true,"latest":3}]""")]
    public async Task An_aggregate_of_a_spread_belongs_to_the_rows_above(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/books?select=count()")]
    [InlineData("/authors?select=name,books(count())")]
    [InlineData("/books?select=title,...authors(id.max())")]
    public async Task A_setting_forbids_aggregates(string request)
        => (await shop.SendStrictAsync($"GET {request}"))
            .Is(400, """{"code":"PGRST123","message":"Use of aggregate functions is not allowed","details":null,"hint":null}""");

    async Task AssertAnswerAsync(string request, string expected) => (await shop.SendAsync($"GET {request}")).Is(200, expected);
}
