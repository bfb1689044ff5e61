namespace Evolv.Tests.Rest.Query;

/// <summary>What reading one table becomes: columns, order, ranges, groups, and how rows are counted.</summary>
public sealed class SelectStatementsTests
{
    public static TheoryData<string, string> Selects => new()
    {
        { "GET /films", """
            SELECT api.films.id, api.films.title, api.films.director_id, api.films.price, api.films.data, api.films.tags, api.films.words, api.color_json(api.films.color) AS color
            FROM api.films
            """ },
        { "GET /films?select=*", """
            SELECT api.films.id, api.films.title, api.films.director_id, api.films.price, api.films.data, api.films.tags, api.films.words, api.color_json(api.films.color) AS color
            FROM api.films
            """ },
        { "GET /films?select=id,title", """
            SELECT api.films.id, api.films.title
            FROM api.films
            """ },
        { "GET /films?select=name:title,id::text,n:price::int", """
            SELECT api.films.title AS name, CAST(api.films.id AS text), CAST(api.films.price AS int) AS n
            FROM api.films
            """ },
        { "GET /films?select=data->a->>b,tags->0,x:data->-1", """
            SELECT api.films.data->$1->>$2 AS b, to_jsonb(api.films.tags)->$3::int AS tags, api.films.data->$4::int AS x
            FROM api.films
            -- a | b | +0 | -1
            """ },
        { "GET /films?select=id,color", """
            SELECT api.films.id, api.color_json(api.films.color) AS color
            FROM api.films
            """ },
        { "GET /films?select=computed", """
            SELECT api.films.computed
            FROM api.films
            """ },
        { "GET /films?select=id&order=price.desc.nullslast,data->>k,id", """
            SELECT api.films.id
            FROM api.films
            ORDER BY api.films.price DESC NULLS LAST, api.films.data->>$1, api.films.id
            -- k
            """ },
        { "GET /films?select=id&limit=10", """
            SELECT api.films.id
            FROM api.films
            LIMIT 10 OFFSET 0
            """ },
        { "GET /films?select=id&limit=10&offset=20", """
            SELECT api.films.id
            FROM api.films
            LIMIT 10 OFFSET $1
            -- 20
            """ },
        { "GET /films?select=id&offset=20", """
            SELECT api.films.id
            FROM api.films
            LIMIT ALL OFFSET $1
            -- 20
            """ },
        { "GET /films?select=id&limit=0", """
            SELECT api.films.id
            FROM api.films
            LIMIT 0 OFFSET 0
            """ },
    };

    public static TheoryData<string, string> Aggregates => new()
    {
        { "GET /films?select=count()", """
            SELECT COUNT(*)
            FROM api.films
            """ },
        { "GET /films?select=director_id,count(),price.sum()", """
            SELECT api.films.director_id, COUNT(*), SUM(api.films.price)
            FROM api.films
            GROUP BY api.films.director_id
            """ },
        { "GET /films?select=year:data->>year,n:price::int.avg()::text,id.max(),id.min()", """
            SELECT api.films.data->>$1 AS year, CAST(AVG(CAST(api.films.price AS int)) AS text) AS n, MAX(api.films.id), MIN(api.films.id)
            FROM api.films
            GROUP BY year
            -- year
            """ },
        { "GET /films?select=price.sum(),directors(name)", """
            SELECT SUM(api.films.price), row_to_json(films_directors_1.*)::jsonb AS directors
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT directors_1.name
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.films.director_id
            ) AS films_directors_1 ON TRUE
            GROUP BY directors
            """ },
        { "GET /films?select=count(),...directors(name)", """
            SELECT COUNT(*), films_directors_1.name
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT directors_1.name
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.films.director_id
            ) AS films_directors_1 ON TRUE
            GROUP BY films_directors_1.name
            """ },
        { "GET /directors?select=name,films(price.sum())", """
            SELECT api.directors.name, COALESCE(directors_films_1.directors_films_1, '[]') AS films
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT json_agg(directors_films_1)::jsonb AS directors_films_1
                FROM (
                    SELECT SUM(films_1.price)
                    FROM api.films AS films_1
                    WHERE films_1.director_id = api.directors.id
                ) AS directors_films_1
            ) AS directors_films_1 ON TRUE
            """ },
        { "GET /films?select=...directors(name,id.count())", """
            SELECT films_directors_1.name, COUNT(films_directors_1.count) AS count
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT directors_1.name, directors_1.id AS count
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.films.director_id
            ) AS films_directors_1 ON TRUE
            GROUP BY films_directors_1.name
            """ },
    };

    public static TheoryData<string, string> Counts => new()
    {
        { "GET /films?select=id&id=gt.1&limit=5", """
            SELECT 1
            FROM api.films
            WHERE api.films.id > $1
            -- 1
            """ },
        { "GET /directors?select=name,films!inner(title,roles!inner(part))&films.price=gt.5", """
            SELECT 1
            FROM api.directors
            WHERE EXISTS (
                SELECT 1
                FROM api.films AS films_1
                WHERE films_1.price > $1 AND films_1.director_id = api.directors.id AND EXISTS (
                    SELECT 1
                    FROM api.roles AS roles_2
                    WHERE roles_2.film_id = films_1.id
                )
            )
            -- 5
            """ },
        { "GET /films?select=title,directors(name)&directors=not.is.null", """
            SELECT 1
            FROM api.films
            WHERE EXISTS (
                SELECT 1
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.films.director_id
            )
            """ },
        { "GET /films?select=title,actors!inner(name)&actors.name=eq.x&or=(id.eq.1,posters.is.null)", """
            SELECT 1
            FROM api.films
            WHERE (api.films.id = $1 OR api.films.posters IS NULL) AND EXISTS (
                SELECT 1
                FROM api.actors, api.roles
                WHERE api.actors.name = $2 AND api.roles.actor_id = api.actors.id AND api.roles.film_id = api.films.id
            )
            -- 1 | x
            """ },
    };

    [Theory]
    [MemberData(nameof(Selects))]
    [MemberData(nameof(Aggregates))]
    public void Rows_are_read_in_one_statement(string line, string expected) => FilmSchema.Rows(line).Is(expected, line);

    [Theory]
    [MemberData(nameof(Counts))]
    public void Rows_are_counted_without_being_read(string line, string expected) => FilmSchema.Count(line).Is(expected, line);
}
