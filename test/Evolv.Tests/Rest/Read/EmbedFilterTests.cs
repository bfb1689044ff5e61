namespace Evolv.Tests.Rest.Read;

/// <summary>Filters, orders and limits of embedded tables, and what they do to the rows above.</summary>
[Collection(typeof(Bookshop))]
public sealed class EmbedFilterTests(Bookshop shop)
{
    [Theory]
    [InlineData("/authors?select=name,books(title)&books.price=gt.10&id=in.(1,2)&order=id",
        """[{"name":"Woolf","books":[{"title":"Orlando"}]},{"name":"Orwell","books":[]}]""")]
    [InlineData("/authors?select=name,b:books(title)&b.price=gt.10&id=eq.1", """[{"name":"Woolf","b":[{"title":"Orlando"}]}]""")]
    [InlineData("/books?select=title,publishers(name)&publishers.name=eq.Hogarth&id=in.(1,3)&order=id",
        """[{"title":"Orlando","publishers":{"name":"Hogarth"}},{"title":"1984","publishers":null}]""")]
    [InlineData("/authors?select=name,books(title)&books.or=(price.gt.10,pages.lt.150)&id=in.(1,4)&order=id",
        """[{"name":"Woolf","books":[{"title":"Orlando"}]},{"name":"Akutagawa","books":[{"title":"Rashomon"}]}]""")]
    [InlineData("/authors?select=name,books(title)&books.not.and=(price.gt.10,pages.gt.300)&id=eq.1",
        """[{"name":"Woolf","books":[{"title":"The Waves"}]}]""")]
    [InlineData("/countries?select=name,authors(name,books(title))&authors.books.details->>lang=eq.ja&authors.id=eq.3&code=eq.JP&authors.books.order=id",
        """[{"name":"Japan","authors":[{"name":"Soseki","books":[{"title":"Kokoro"},{"title":"Botchan"}]}]}]""")]
    public async Task A_filter_below_leaves_the_rows_above(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/authors?select=name,books!inner(title)&books.price=gt.10&order=id",
        """[{"name":"Woolf","books":[{"title":"Orlando"}]},{"name":"Soseki","books":[{"title":"Kokoro"}]}]""")]
    [InlineData("/authors?select=name,books!inner()&books.price=gt.10&order=id", """[{"name":"Woolf"},{"name":"Soseki"}]""")]
    [InlineData("/books?select=title,publishers!inner(name)&publishers.name=like.S*", """[{"title":"1984","publishers":{"name":"Secker"}}]""")]
    [InlineData("/books?select=title,genres!inner(name)&genres.name=eq.Satire&order=id",
        """[{"title":"1984","genres":[{"name":"Satire"}]},{"title":"Botchan","genres":[{"name":"Satire"}]}]""")]
    [InlineData("/countries?select=name,authors!inner(name,books!inner(title))&authors.books.price=lt.9&order=name",
        """
        [{"name":"Japan","authors":[{"name":"Soseki","books":[{"title":"Botchan"}]}]},
         {"name":"United Kingdom","authors":[{"name":"Orwell","books":[{"title":"1984"}]}]}]
        """)]
    [InlineData("/countries?select=name,authors!inner(name,books(title))&authors.books.price=lt.8&authors.name=like.*o*&authors.order=id&order=name",
        """
        [{"name":"Japan","authors":[{"name":"Soseki","books":[{"title":"Botchan"}]}]},
         {"name":"United Kingdom","authors":[{"name":"Woolf","books":[]}]}]
        """)]
    [InlineData("/authors?select=name,mentor_id!inner(name)", """[{"name":"Akutagawa","mentor_id":{"name":"Soseki"}}]""")]
    [InlineData("/copies?select=id,shelves!inner(label)&order=id&shelves.room=eq.A",
        """[{"id":1,"shelves":{"label":"Fiction"}},{"id":3,"shelves":{"label":"Fiction"}}]""")]
    public async Task An_inner_embed_leaves_out_rows_without(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/authors?select=name,books()&books=is.null&order=id", """[{"name":"Marquez"},{"name":"Anonymous"}]""")]
    [InlineData("/authors?select=name,books()&books=not.is.null&id=gt.2&order=id", """[{"name":"Soseki"},{"name":"Akutagawa"}]""")]
    [InlineData("/authors?select=name,books()&books.price=gt.10&books=is.null&id=lt.4&order=id", """[{"name":"Orwell"}]""")]
    [InlineData("/books?select=title,publishers()&publishers=is.null&order=id", """[{"title":"Rashomon"},{"title":"Botchan"}]""")]
    [InlineData("/books?select=title,p:publishers(name)&p=not.is.null&id=gt.3", """[{"title":"Kokoro","p":{"name":"Iwanami"}}]""")]
    [InlineData("/genres?select=name,books()&books=is.null", """[{"name":"Poetry"}]""")]
    [InlineData("/authors?select=name,books(),biographies()&or=(books.is.null,biographies.not.is.null)&order=id",
        """[{"name":"Woolf"},{"name":"Soseki"},{"name":"Marquez"},{"name":"Anonymous"}]""")]
    [InlineData("/authors?select=name,books(),biographies()&and=(books.not.is.null,biographies.is.null)&order=id",
        """[{"name":"Orwell"},{"name":"Akutagawa"}]""")]
    [InlineData("/authors?select=name,books(),biographies()&not.or=(books.is.null,biographies.is.null)&order=id",
        """[{"name":"Woolf"},{"name":"Soseki"}]""")]
    [InlineData("/countries?select=name,authors(name,books())&authors.books=not.is.null&code=eq.CO", """[{"name":"Colombia","authors":[]}]""")]
    [InlineData("/authors?select=name,dearest_book()&dearest_book=is.null&order=id", """[{"name":"Marquez"},{"name":"Anonymous"}]""")]
    public async Task Rows_are_found_by_having_something_below_or_not(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/authors?select=name,books(title)&books.order=pages&id=eq.1", """[{"name":"Woolf","books":[{"title":"The Waves"},{"title":"Orlando"}]}]""")]
    [InlineData("/authors?select=name,books(title)&books.order=pages.desc&books.limit=1&id=in.(1,3)&order=id",
        """[{"name":"Woolf","books":[{"title":"Orlando"}]},{"name":"Soseki","books":[{"title":"Kokoro"}]}]""")]
    [InlineData("/authors?select=name,books(title)&books.order=pages&books.offset=1&id=eq.1", """[{"name":"Woolf","books":[{"title":"Orlando"}]}]""")]
    [InlineData("/authors?select=name,books(title)&books.limit=0&id=eq.1", """[{"name":"Woolf","books":[]}]""")]
    [InlineData("/countries?select=code,authors(name,books(title))&code=eq.JP&authors.order=name.desc&authors.books.order=title&authors.books.limit=1",
        """[{"code":"JP","authors":[{"name":"Soseki","books":[{"title":"Botchan"}]},{"name":"Akutagawa","books":[{"title":"Rashomon"}]}]}]""")]
    public async Task Rows_below_are_ordered_and_limited_for_each_row_above(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/books?select=title&id=lt.4&order=pages", """[{"title":"The Waves"},{"title":"1984"},{"title":"Orlando"}]""")]
    [InlineData("/books?select=title,authors(name)&id=in.(1,3,4)&order=authors(name).desc",
        """[{"title":"Orlando","authors":{"name":"Woolf"}},{"title":"Kokoro","authors":{"name":"Soseki"}},{"title":"1984","authors":{"name":"Orwell"}}]""")]
    [InlineData("/books?select=id,authors()&order=authors(born).desc,pages.desc&id=lt.5", """[{"id":3},{"id":1},{"id":2},{"id":4}]""")]
    [InlineData("/books?select=id,p:publishers()&order=p(name).nullsfirst,id&id=gt.2", """[{"id":5},{"id":6},{"id":4},{"id":3}]""")]
    [InlineData("/copies?select=id,books()&order=books(details->>lang).desc.nullslast,id", """[{"id":4},{"id":1},{"id":2},{"id":3}]""")]
    [InlineData("/copies?select=id,books(id,authors(name))&order=id&books.order=authors(name)&id=eq.3",
        """[{"id":3,"books":{"id":3,"authors":{"name":"Orwell"}}}]""")]
    [InlineData("/authors?select=name,biographies(text)&order=biographies(text).asc.nullslast,id&limit=3",
        """
        [{"name":"Soseki","biographies":{"text":"Kept a cat."}},{"name":"Woolf","biographies":{"text":"Kept a diary."}},
         {"name":"Orwell","biographies":null}]
        """)]
    public async Task Rows_are_ordered_by_a_column_below(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/books?select=title&authors.name=eq.x", 400, "PGRST108", "'authors' is not an embedded resource in this request", null,
        "Verify that 'authors' is included in the 'select' query parameter.")]
    [InlineData("/books?select=title&authors.order=name", 400, "PGRST108", "'authors' is not an embedded resource in this request", null,
        "Verify that 'authors' is included in the 'select' query parameter.")]
    [InlineData("/books?select=title&authors.limit=1", 400, "PGRST108", "'authors' is not an embedded resource in this request", null,
        "Verify that 'authors' is included in the 'select' query parameter.")]
    [InlineData("/books?select=title&order=authors(name)", 400, "PGRST108", "'authors' is not an embedded resource in this request", null,
        "Verify that 'authors' is included in the 'select' query parameter.")]
    [InlineData("/authors?select=name,books(title)&order=books(title)", 400, "PGRST118", "A related order on 'books' is not possible",
        "'authors' and 'books' do not form a many-to-one or one-to-one relationship", null)]
    [InlineData("/books?select=title,authors(name)&order=authors(born)", 400, "42703", "column books_authors_1.born does not exist", null, null)]
    [InlineData("/books?select=title,authors(name)&authors.nothing=eq.1", 400, "42703", "column authors_1.nothing does not exist", null, null)]
    public async Task What_cannot_be_had_is_told(string request, int status, string code, string message, string? details, string? hint)
        => (await shop.SendAsync($"GET {request}")).Is(status, System.Text.Json.JsonSerializer.Serialize(new { code, message, details, hint }));

    [Fact]
    public async Task The_name_of_a_table_with_an_alias_is_taken_with_a_warning()
        => (await shop.SendAsync("GET /authors?select=name,b:books(title)&books.price=gt.10&id=eq.1"))
            .Is(200, """[{"name":"Woolf","b":[{"title":"Orlando"}]}]""")
            .Has("Warning",
                "299 Evolv \"Embedded resource was referenced by relation name even though it has an alias. This is deprecated and will stop " +
                "working in a future release. Update `books` to `b` in query string filters, orders or limits.\"");

    [Fact]
    public async Task The_name_of_a_table_with_an_alias_is_refused_when_the_setting_says_so()
        => (await shop.SendStrictAsync("GET /authors?select=name,b:books(title)&books.price=gt.10")).Is(400,
            """
            {"code":"PGRST108","message":"'books' is not an embedded resource in this request",
             "details":"Target names are not allowed in filters if they have an alias",
             "hint":"Change 'books' to 'b' in filters, orders or limits."}
            """);

    async Task AssertAnswerAsync(string request, string expected) => (await shop.SendAsync($"GET {request}")).Is(200, expected);
}
