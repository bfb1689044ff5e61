namespace Evolv.Tests.Rest.Read;

[Collection(typeof(Bookshop))]
public sealed class EmbedTests(Bookshop shop)
{
    [Theory]
    [InlineData("/books?select=title,authors(name)&id=in.(1,3)&order=id",
        """[{"title":"Orlando","authors":{"name":"Woolf"}},{"title":"1984","authors":{"name":"Orwell"}}]""")]
    [InlineData("/books?select=title,publishers(name)&id=in.(1,5)&order=id",
        """[{"title":"Orlando","publishers":{"name":"Hogarth"}},{"title":"Rashomon","publishers":null}]""")]
    [InlineData("/books?select=title,by:authors(name)&id=eq.1", """[{"title":"Orlando","by":{"name":"Woolf"}}]""")]
    [InlineData("/books?select=title,authors(*)&id=eq.5",
        """[{"title":"Rashomon","authors":{"id":4,"name":"Akutagawa","born":"1892-03-01","country_code":"JP","mentor_id":3}}]""")]
    [InlineData("/books?select=title,author_id(name)&id=eq.1", """[{"title":"Orlando","author_id":{"name":"Woolf"}}]""")]
    [InlineData("/books?select=title,books_author_id_fkey(name)&id=eq.1", """[{"title":"Orlando","books_author_id_fkey":{"name":"Woolf"}}]""")]
    public async Task Many_to_one_is_an_object(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/authors?select=name,books(title)&id=in.(1,5)&order=id&books.order=title",
        """[{"name":"Woolf","books":[{"title":"Orlando"},{"title":"The Waves"}]},{"name":"Marquez","books":[]}]""")]
    [InlineData("/authors?select=name,books()&id=eq.1", """[{"name":"Woolf"}]""")]
    public async Task One_to_many_is_a_list(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/authors?select=name,biographies(text)&id=in.(1,2)&order=id",
        """[{"name":"Woolf","biographies":{"text":"Kept a diary."}},{"name":"Orwell","biographies":null}]""")]
    [InlineData("/biographies?select=text,authors(name)&author_id=eq.3", """[{"text":"Kept a cat.","authors":{"name":"Soseki"}}]""")]
    public async Task One_to_one_is_an_object_on_both_sides(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/books?select=title,genres(name)&id=in.(3,5)&order=id&genres.order=name",
        """[{"title":"1984","genres":[{"name":"Novel"},{"name":"Satire"}]},{"title":"Rashomon","genres":[{"name":"Short stories"}]}]""")]
    [InlineData("/genres?select=name,books(title)&id=in.(2,4)&order=id&books.order=id",
        """[{"name":"Satire","books":[{"title":"1984"},{"title":"Botchan"}]},{"name":"Poetry","books":[]}]""")]
    [InlineData("/books?select=title,book_genres(genres(name))&id=eq.5",
        """[{"title":"Rashomon","book_genres":[{"genres":{"name":"Short stories"}}]}]""")]
    [InlineData("/genres?select=name,books(title,genres(name))&id=eq.2&books.id=eq.3&books.genres.order=id",
        """[{"name":"Satire","books":[{"title":"1984","genres":[{"name":"Novel"},{"name":"Satire"}]}]}]""")]
    public async Task Many_to_many_goes_through_the_junction(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/authors?select=name,mentor:mentor_id(name)&id=in.(3,4)&order=id",
        """[{"name":"Soseki","mentor":null},{"name":"Akutagawa","mentor":{"name":"Soseki"}}]""")]
    [InlineData("/authors?select=name,pupils:authors(name)&id=in.(3,4)&order=id",
        """[{"name":"Soseki","pupils":[{"name":"Akutagawa"}]},{"name":"Akutagawa","pupils":[]}]""")]
    [InlineData("/authors?select=name,mentor_id(name,authors(name))&id=eq.4",
        """[{"name":"Akutagawa","mentor_id":{"name":"Soseki","authors":[{"name":"Akutagawa"}]}}]""")]
    public async Task A_table_can_embed_itself(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/copies?select=id,shelves(label)&id=in.(2,4)&order=id", """[{"id":2,"shelves":{"label":"Store"}},{"id":4,"shelves":null}]""")]
    [InlineData("/shelves?select=label,copies(id)&room=eq.A&order=number&copies.order=id",
        """[{"label":"Fiction","copies":[{"id":1},{"id":3}]},{"label":"Rare","copies":[]}]""")]
    public async Task A_key_may_have_two_columns(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/cheap_books?select=title,authors(name)&id=eq.3", """[{"title":"1984","authors":{"name":"Orwell"}}]""")]
    [InlineData("/authors?select=name,cheap_books(title)&id=eq.1", """[{"name":"Woolf","cheap_books":[{"title":"The Waves"}]}]""")]
    [InlineData("/cheap_books?select=title,author_list(name)&id=eq.6", """[{"title":"Botchan","author_list":{"name":"Soseki"}}]""")]
    [InlineData("/author_list?select=name,countries(name)&id=eq.5", """[{"name":"Marquez","countries":{"name":"Colombia"}}]""")]
    public async Task A_view_has_the_keys_of_its_tables(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/authors?select=name,dearest_book(title)&id=in.(1,5)&order=id",
        """[{"name":"Woolf","dearest_book":{"title":"Orlando"}},{"name":"Marquez","dearest_book":null}]""")]
    [InlineData("/authors?select=name,compatriots(name)&id=in.(1,5)&order=id",
        """[{"name":"Woolf","compatriots":[{"name":"Orwell"}]},{"name":"Marquez","compatriots":[]}]""")]
    [InlineData("/books?select=title,authors(name,dearest_book(title,publishers(name)))&id=eq.2",
        """[{"title":"The Waves","authors":{"name":"Woolf","dearest_book":{"title":"Orlando","publishers":{"name":"Hogarth"}}}}]""")]
    [InlineData("/authors?select=name,compatriots!inner(name)&compatriots.id=eq.1", """[{"name":"Orwell","compatriots":[{"name":"Woolf"}]}]""")]
    public async Task A_function_can_be_a_relationship(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/countries?select=code,authors(name,books(title,genres(name)))&code=eq.GB&authors.order=id&authors.books.order=id&authors.books.genres.order=id",
        """
        [{"code":"GB","authors":[
            {"name":"Woolf","books":[{"title":"Orlando","genres":[{"name":"Novel"}]},{"title":"The Waves","genres":[{"name":"Novel"}]}]},
            {"name":"Orwell","books":[{"title":"1984","genres":[{"name":"Novel"},{"name":"Satire"}]}]}]}]
        """)]
    [InlineData("/books?select=title,authors(name),publishers(name),copies(id)&id=eq.1&copies.order=id",
        """[{"title":"Orlando","authors":{"name":"Woolf"},"publishers":{"name":"Hogarth"},"copies":[{"id":1},{"id":2}]}]""")]
    [InlineData("/books?select=title,a:authors(name),b:authors(born)&id=eq.1",
        """[{"title":"Orlando","a":{"name":"Woolf"},"b":{"born":"1882-01-25"}}]""")]
    [InlineData("/genres?select=*,books(id)&id=eq.3", """[{"id":3,"name":"Short stories","books":[{"id":5}]}]""")]
    [InlineData("/genres?select=books(id),*&id=eq.4", """[{"books":[],"id":4,"name":"Poetry"}]""")]
    [InlineData("/books?select=authors(name)&id=eq.1", """[{"authors":{"name":"Woolf"}}]""")]
    public async Task Embeds_stand_beside_and_below_each_other(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Theory]
    [InlineData("/letters?select=subject,from:authors!sender_id(name),to:authors!receiver_id(name)&id=eq.1",
        """[{"subject":"Review","from":{"name":"Woolf"},"to":{"name":"Orwell"}}]""")]
    [InlineData("/letters?select=subject,authors!letters_sender_id_fkey(name)&id=eq.1", """[{"subject":"Review","authors":{"name":"Woolf"}}]""")]
    [InlineData("/letters?select=subject,sender_id(name)&id=eq.1", """[{"subject":"Review","sender_id":{"name":"Woolf"}}]""")]
    [InlineData("/authors?select=name,letters!receiver_id(subject)&id=eq.1", """[{"name":"Woolf","letters":[{"subject":"Reply"}]}]""")]
    [InlineData("/books?select=title,genres!book_genres(name)&id=eq.5", """[{"title":"Rashomon","genres":[{"name":"Short stories"}]}]""")]
    [InlineData("/books?select=title,authors!inner!author_id(name)&id=eq.1", """[{"title":"Orlando","authors":{"name":"Woolf"}}]""")]
    public async Task A_hint_says_which_way_is_meant(string request, string expected) => await AssertAnswerAsync(request, expected);

    [Fact]
    public async Task Several_ways_are_told()
        => (await shop.SendAsync("GET /letters?select=subject,authors(name)")).Is(300,
            """
            {"code":"PGRST201",
             "message":"Could not embed because more than one relationship was found for 'letters' and 'authors'",
             "details":[
                {"cardinality":"many-to-one","embedding":"letters with authors","relationship":"letters_receiver_id_fkey using letters(receiver_id) and authors(id)"},
                {"cardinality":"many-to-one","embedding":"letters with authors","relationship":"letters_sender_id_fkey using letters(sender_id) and authors(id)"}],
             "hint":"Try changing 'authors' to one of the following: 'authors!letters_receiver_id_fkey', 'authors!letters_sender_id_fkey'. Find the desired relationship in the 'details' key."}
            """);

    [Theory]
    [InlineData("/books?select=title,countries(name)", "books", "countries", "'", "Perhaps you meant 'copies' instead of 'countries'.")]
    [InlineData("/books?select=title,author(name)", "books", "author", "'", "Perhaps you meant 'authors' instead of 'author'.")]
    [InlineData("/books?select=title,authors!nothing(name)", "books", "authors", "' using the hint 'nothing'", null)]
    [InlineData("/books?select=title,authors(books(nothing(id)))", "books", "nothing", "'", null)]
    public async Task No_way_is_told(string request, string origin, string target, string hinted, string? hint)
        => (await shop.SendAsync($"GET {request}")).Is(400, System.Text.Json.JsonSerializer.Serialize(new
        {
            code = "PGRST200",
            message = $"Could not find a relationship between '{origin}' and '{target}' in the schema cache",
            details = $"Searched for a foreign key relationship between '{origin}' and '{target}{hinted} in the schema 'api', but no matches were found.",
            hint,
        }));

    async Task AssertAnswerAsync(string request, string expected) => (await shop.SendAsync($"GET {request}")).Is(200, expected);
}
