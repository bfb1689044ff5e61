namespace Evolv.Tests.Rest.Read;

[Collection(typeof(Bookshop))]
public sealed class SpreadTests(Bookshop shop)
{
    [Theory]
    [InlineData("/books?select=title,...authors(name)&id=eq.1", """[{"title":"Orlando","name":"Woolf"}]""")]
    [InlineData("/books?select=title,...authors(author:name,born)&id=eq.1", """[{"title":"Orlando","author":"Woolf","born":"1882-01-25"}]""")]
    [InlineData("/books?select=title,...publishers(publisher:name)&id=in.(1,5)&order=id",
        """[{"title":"Orlando","publisher":"Hogarth"},{"title":"Rashomon","publisher":null}]""")]
    [InlineData("/books?select=title,...publishers!inner(publisher:name)&id=in.(1,5)", """[{"title":"Orlando","publisher":"Hogarth"}]""")]
    [InlineData("/books?select=title,...authors(name,...countries(country:name))&id=eq.1",
        """[{"title":"Orlando","name":"Woolf","country":"United Kingdom"}]""")]
    [InlineData("/books?select=title,...authors(name,countries(code))&id=eq.1",
        """[{"title":"Orlando","name":"Woolf","countries":{"code":"GB"}}]""")]
    [InlineData("/books?select=title,authors(name,...countries(country:name))&id=eq.1",
        """[{"title":"Orlando","authors":{"name":"Woolf","country":"United Kingdom"}}]""")]
    [InlineData("/copies?select=id,...books(title,details->>lang)&id=eq.3", """[{"id":3,"title":"1984","lang":"en"}]""")]
    [InlineData("/books?select=title,...authors!author_id(name)&authors.name=eq.Woolf&id=in.(1,3)&order=id",
        """[{"title":"Orlando","name":"Woolf"},{"title":"1984","name":null}]""")]
    [InlineData("/books?select=title,...authors(name)&order=authors(name),id&limit=2",
        """[{"title":"Rashomon","name":"Akutagawa"},{"title":"1984","name":"Orwell"}]""")]
    [InlineData("/books?select=title,...authors(*)&id=eq.5",
        """[{"title":"Rashomon","id":4,"name":"Akutagawa","born":"1892-03-01","country_code":"JP","mentor_id":3}]""")]
    [InlineData("/authors?select=name,...biographies(bio:text)&id=eq.1", """[{"name":"Woolf","bio":"Kept a diary."}]""")]
    [InlineData("/authors?select=name,...dearest_book(title)&id=eq.1", """[{"name":"Woolf","title":"Orlando"}]""")]
    public async Task Columns_of_a_single_row_move_up(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/authors?select=name,...books(title)&books.order=title&id=in.(1,5)&order=id",
        """[{"name":"Woolf","title":["Orlando","The Waves"]},{"name":"Marquez","title":[]}]""")]
    [InlineData("/authors?select=name,...books(titles:title,prices:price)&books.order=price.desc&id=eq.1",
        """[{"name":"Woolf","titles":["Orlando","The Waves"],"prices":[12.50,9.00]}]""")]
    [InlineData("/authors?select=name,...books(title)&books.order=price.asc&id=eq.1", """[{"name":"Woolf","title":["The Waves","Orlando"]}]""")]
    [InlineData("/authors?select=name,...books(title)&books.price=gt.10&id=eq.1", """[{"name":"Woolf","title":["Orlando"]}]""")]
    [InlineData("/authors?select=name,...books!inner(title)&books.price=gt.10&order=id",
        """[{"name":"Woolf","title":["Orlando"]},{"name":"Soseki","title":["Kokoro"]}]""")]
    [InlineData("/authors?select=name,...books(title)&books.order=title&books.limit=1&id=eq.1", """[{"name":"Woolf","title":["Orlando"]}]""")]
    [InlineData("/authors?select=name,...books(title)&books.order=pages.desc&books.limit=1&id=in.(1,3)&order=id",
        """[{"name":"Woolf","title":["Orlando"]},{"name":"Soseki","title":["Kokoro"]}]""")]
    [InlineData("/authors?select=name,...books(title)&books.order=pages.asc&books.limit=1&id=in.(1,3)&order=id",
        """[{"name":"Woolf","title":["The Waves"]},{"name":"Soseki","title":["Botchan"]}]""")]
    [InlineData("/authors?select=name,...books(title)&books.order=pages.desc&books.offset=1&id=eq.3", """[{"name":"Soseki","title":["Botchan"]}]""")]
    [InlineData("/authors?select=name,...books(publisher_id)&books.order=id&id=eq.3", """[{"name":"Soseki","publisher_id":[3,null]}]""")]
    [InlineData("/books?select=title,...genres(genres:name)&genres.order=name.desc&id=eq.3", """[{"title":"1984","genres":["Satire","Novel"]}]""")]
    [InlineData("/authors?select=name,...books(title,publishers(name))&books.order=title&id=eq.1",
        """[{"name":"Woolf","title":["Orlando","The Waves"],"publishers":[{"name":"Hogarth"},{"name":"Hogarth"}]}]""")]
    [InlineData("/authors?select=name,...books(title,...publishers(publisher:name))&books.order=title&id=eq.1",
        """[{"name":"Woolf","title":["Orlando","The Waves"],"publisher":["Hogarth","Hogarth"]}]""")]
    [InlineData("/countries?select=code,...authors(name,...books(title))&code=eq.GB&authors.order=name&authors.books.order=title",
        """[{"code":"GB","name":["Orwell","Woolf"],"title":[["1984"],["Orlando","The Waves"]]}]""")]
    [InlineData("/books?select=title,...publishers(...books(also:title))&publishers.books.order=id&id=eq.1",
        """[{"title":"Orlando","also":["Orlando","The Waves"]}]""")]
    [InlineData("/genres?select=name,...book_genres(...books(title))&id=eq.2&book_genres.order=book_id",
        """[{"name":"Satire","title":["1984","Botchan"]}]""")]
    [InlineData("/publishers?select=...books(*)&id=eq.2",
        """
        [{"id":[3],"title":["1984"],"author_id":[2],"publisher_id":[2],"price":[8.50],"pages":[328],"in_print":[true],"tags":[["dystopia","classic"]],
          "details":[{"lang":"en","ratings":[5,5,4]}],"blurb":["Big Brother watches his friends"],
          "words":["'big':1 'brother':2 'friend':5 'watch':3"],"ages":["[16,99)"]}]
        """)]
    public async Task Columns_of_several_rows_become_lists(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Fact]
    public async Task Lists_cannot_be_aggregated()
        => (await shop.SendAsync("GET /authors?select=name,...books(price.sum())")).Is(400,
            """
            {"code":"PGRST127","message":"Feature not implemented",
             "details":"Aggregates are not implemented for one-to-many or many-to-many spreads.","hint":null}
            """);

    async Task AssertAnswerAsync(string request, string expected) => (await shop.SendAsync($"GET {request}")).Is(200, expected);
}
