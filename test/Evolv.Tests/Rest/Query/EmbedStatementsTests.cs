namespace Evolv.Tests.Rest.Query;

/// <summary>What embeds and spreads of each kind become.</summary>
public sealed class EmbedStatementsTests
{
    public static TheoryData<string, string, string> Embeds => new()
    {
        { "GET /films?select=id,directors(name)", "many to one", """
            SELECT api.films.id, row_to_json(films_directors_1.*)::jsonb AS directors
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT directors_1.name
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.films.director_id
            ) AS films_directors_1 ON TRUE
            """ },
        { "GET /films?select=id,d:directors!films_director_id_fkey!inner(name)", "the same with alias, hint and inner", """
            SELECT api.films.id, row_to_json(films_d_1.*)::jsonb AS d
            FROM api.films
            INNER JOIN LATERAL (
                SELECT directors_1.name
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.films.director_id
            ) AS films_d_1 ON TRUE
            """ },
        { "GET /directors?select=name,films(title)", "one to many", """
            SELECT api.directors.name, COALESCE(directors_films_1.directors_films_1, '[]') AS films
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT json_agg(directors_films_1)::jsonb AS directors_films_1
                FROM (
                    SELECT films_1.title
                    FROM api.films AS films_1
                    WHERE films_1.director_id = api.directors.id
                ) AS directors_films_1
            ) AS directors_films_1 ON TRUE
            """ },
        { "GET /directors?select=name,films!inner(title)", "the same, inner", """
            SELECT api.directors.name, COALESCE(directors_films_1.directors_films_1, '[]') AS films
            FROM api.directors
            INNER JOIN LATERAL (
                SELECT json_agg(directors_films_1)::jsonb AS directors_films_1
                FROM (
                    SELECT films_1.title
                    FROM api.films AS films_1
                    WHERE films_1.director_id = api.directors.id
                ) AS directors_films_1
            ) AS directors_films_1 ON directors_films_1 IS NOT NULL
            """ },
        { "GET /films?select=id,posters(file)", "one to one", """
            SELECT api.films.id, row_to_json(films_posters_1.*)::jsonb AS posters
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT posters_1.file
                FROM api.posters AS posters_1
                WHERE posters_1.film_id = api.films.id
            ) AS films_posters_1 ON TRUE
            """ },
        { "GET /films?select=title,actors(name)", "many to many", """
            SELECT api.films.title, COALESCE(films_actors_1.films_actors_1, '[]') AS actors
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT json_agg(films_actors_1)::jsonb AS films_actors_1
                FROM (
                    SELECT api.actors.name
                    FROM api.actors, api.roles
                    WHERE api.roles.actor_id = api.actors.id AND api.roles.film_id = api.films.id
                ) AS films_actors_1
            ) AS films_actors_1 ON TRUE
            """ },
        { "GET /directors?select=name,directors(name)", "a table's own rows below", """
            SELECT api.directors.name, COALESCE(directors_directors_1.directors_directors_1, '[]') AS directors
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT json_agg(directors_directors_1)::jsonb AS directors_directors_1
                FROM (
                    SELECT directors_1.name
                    FROM api.directors AS directors_1
                    WHERE directors_1.mentor_id = api.directors.id
                ) AS directors_directors_1
            ) AS directors_directors_1 ON TRUE
            """ },
        { "GET /directors?select=name,mentor_id(name)", "a table's own row above", """
            SELECT api.directors.name, row_to_json(directors_mentor_id_1.*)::jsonb AS mentor_id
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT directors_1.name
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.directors.mentor_id
            ) AS directors_mentor_id_1 ON TRUE
            """ },
        { "GET /screenings?select=id,rooms(seats)", "composite key", """
            SELECT api.screenings.id, row_to_json(screenings_rooms_1.*)::jsonb AS rooms
            FROM api.screenings
            LEFT JOIN LATERAL (
                SELECT rooms_1.seats
                FROM api.rooms AS rooms_1
                WHERE rooms_1.house = api.screenings.house AND rooms_1.number = api.screenings.room
            ) AS screenings_rooms_1 ON TRUE
            """ },
        { "GET /directors?select=name,best(title)", "computed, one row", """
            SELECT api.directors.name, row_to_json(directors_best_1.*)::jsonb AS best
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT films_1.title
                FROM api.best(directors::api.directors) AS films_1
            ) AS directors_best_1 ON TRUE
            """ },
        { "GET /films?select=title,similar(title,directors(name))", "computed, several, and what is below", """
            SELECT api.films.title, COALESCE(films_similar_1.films_similar_1, '[]') AS similar
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT json_agg(films_similar_1)::jsonb AS films_similar_1
                FROM (
                    SELECT films_1.title, row_to_json(films_directors_2.*)::jsonb AS directors
                    FROM api.similar(films::api.films) AS films_1
                    LEFT JOIN LATERAL (
                        SELECT directors_2.name
                        FROM api.directors AS directors_2
                        WHERE directors_2.id = films_1.director_id
                    ) AS films_directors_2 ON TRUE
                ) AS films_similar_1
            ) AS films_similar_1 ON TRUE
            """ },
        { "GET /films?select=title,directors()", "nothing selected", """
            SELECT api.films.title
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT directors_1.*
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.films.director_id
            ) AS films_directors_1 ON TRUE
            """ },
        { "GET /directors?select=id,films(id,roles(part,actors(name)))", "three levels", """
            SELECT api.directors.id, COALESCE(directors_films_1.directors_films_1, '[]') AS films
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT json_agg(directors_films_1)::jsonb AS directors_films_1
                FROM (
                    SELECT films_1.id, COALESCE(films_roles_2.films_roles_2, '[]') AS roles
                    FROM api.films AS films_1
                    LEFT JOIN LATERAL (
                        SELECT json_agg(films_roles_2)::jsonb AS films_roles_2
                        FROM (
                            SELECT roles_2.part, row_to_json(roles_actors_3.*)::jsonb AS actors
                            FROM api.roles AS roles_2
                            LEFT JOIN LATERAL (
                                SELECT actors_3.name
                                FROM api.actors AS actors_3
                                WHERE actors_3.id = roles_2.actor_id
                            ) AS roles_actors_3 ON TRUE
                            WHERE roles_2.film_id = films_1.id
                        ) AS films_roles_2
                    ) AS films_roles_2 ON TRUE
                    WHERE films_1.director_id = api.directors.id
                ) AS directors_films_1
            ) AS directors_films_1 ON TRUE
            """ },
        { "GET /directors?select=name,films(title)&films.price=gt.5&films.order=title&films.limit=2&films.offset=1", "filter, order and range below", """
            SELECT api.directors.name, COALESCE(directors_films_1.directors_films_1, '[]') AS films
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT json_agg(directors_films_1)::jsonb AS directors_films_1
                FROM (
                    SELECT films_1.title
                    FROM api.films AS films_1
                    WHERE films_1.price > $1 AND films_1.director_id = api.directors.id
                    ORDER BY films_1.title
                    LIMIT 2 OFFSET $2
                ) AS directors_films_1
            ) AS directors_films_1 ON TRUE
            -- 5 | 1
            """ },
        { "GET /directors?select=name,films!inner(title)&films.price=gt.5", "a filter below chooses above", """
            SELECT api.directors.name, COALESCE(directors_films_1.directors_films_1, '[]') AS films
            FROM api.directors
            INNER JOIN LATERAL (
                SELECT json_agg(directors_films_1)::jsonb AS directors_films_1
                FROM (
                    SELECT films_1.title
                    FROM api.films AS films_1
                    WHERE films_1.price > $1 AND films_1.director_id = api.directors.id
                ) AS directors_films_1
            ) AS directors_films_1 ON directors_films_1 IS NOT NULL
            -- 5
            """ },
        { "GET /films?select=title,directors(name)&order=directors(name).desc,id", "ordered by a column below", """
            SELECT api.films.title, row_to_json(films_directors_1.*)::jsonb AS directors
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT directors_1.name
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.films.director_id
            ) AS films_directors_1 ON TRUE
            ORDER BY films_directors_1.name DESC, api.films.id
            """ },
        { "GET /films?select=title,directors(name)&directors=is.null", "those without", """
            SELECT api.films.title, row_to_json(films_directors_1.*)::jsonb AS directors
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT directors_1.name
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.films.director_id
            ) AS films_directors_1 ON TRUE
            WHERE films_directors_1 IS NOT DISTINCT FROM NULL
            """ },
        { "GET /directors?select=name,films(title)&or=(films.not.is.null,name.eq.x)", "those with, or", """
            SELECT api.directors.name, COALESCE(directors_films_1.directors_films_1, '[]') AS films
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT json_agg(directors_films_1)::jsonb AS directors_films_1
                FROM (
                    SELECT films_1.title
                    FROM api.films AS films_1
                    WHERE films_1.director_id = api.directors.id
                ) AS directors_films_1
            ) AS directors_films_1 ON TRUE
            WHERE (directors_films_1 IS DISTINCT FROM NULL OR api.directors.name = $1)
            -- x
            """ },
    };

    public static TheoryData<string, string, string> Spreads => new()
    {
        { "GET /films?select=id,...directors(name)", "to one", """
            SELECT api.films.id, films_directors_1.name
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT directors_1.name
                FROM api.directors AS directors_1
                WHERE directors_1.id = api.films.director_id
            ) AS films_directors_1 ON TRUE
            """ },
        { "GET /films?select=id,...directors(director:name,...directors!mentor_id(mentor:name))", "one in another", """
            SELECT api.films.id, films_directors_1.director, films_directors_1.mentor
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT directors_1.name AS director, directors_directors_2.mentor
                FROM api.directors AS directors_1
                LEFT JOIN LATERAL (
                    SELECT json_agg(directors_directors_2)::jsonb AS directors_directors_2, COALESCE(json_agg(directors_directors_2.mentor), '[]')::jsonb AS mentor
                    FROM (
                        SELECT directors_2.name AS mentor
                        FROM api.directors AS directors_2
                        WHERE directors_2.mentor_id = directors_1.id
                    ) AS directors_directors_2
                ) AS directors_directors_2 ON TRUE
                WHERE directors_1.id = api.films.director_id
            ) AS films_directors_1 ON TRUE
            """ },
        { "GET /directors?select=name,...films(title,price)", "to many", """
            SELECT api.directors.name, directors_films_1.title, directors_films_1.price
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT json_agg(directors_films_1)::jsonb AS directors_films_1, COALESCE(json_agg(directors_films_1.title), '[]')::jsonb AS title, COALESCE(json_agg(directors_films_1.price), '[]')::jsonb AS price
                FROM (
                    SELECT films_1.title, films_1.price
                    FROM api.films AS films_1
                    WHERE films_1.director_id = api.directors.id
                ) AS directors_films_1
            ) AS directors_films_1 ON TRUE
            """ },
        { "GET /directors?select=name,...films(title)&films.order=price.desc", "to many, ordered", """
            SELECT api.directors.name, directors_films_1.title
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT json_agg(directors_films_1)::jsonb AS directors_films_1, COALESCE(json_agg(directors_films_1.title ORDER BY directors_films_1.directors_films_1_price_1 DESC), '[]')::jsonb AS title
                FROM (
                    SELECT films_1.title, films_1.price AS directors_films_1_price_1
                    FROM api.films AS films_1
                    WHERE films_1.director_id = api.directors.id
                ) AS directors_films_1
            ) AS directors_films_1 ON TRUE
            """ },
        { "GET /directors?select=name,...films(title)&films.order=price.desc&films.limit=2", "to many, the first in an order", """
            SELECT api.directors.name, directors_films_1.title
            FROM api.directors
            LEFT JOIN LATERAL (
                SELECT json_agg(directors_films_1)::jsonb AS directors_films_1, COALESCE(json_agg(directors_films_1.title ORDER BY directors_films_1.directors_films_1_price_1 DESC), '[]')::jsonb AS title
                FROM (
                    SELECT films_1.title, films_1.price AS directors_films_1_price_1
                    FROM api.films AS films_1
                    WHERE films_1.director_id = api.directors.id
                    ORDER BY films_1.price DESC
                    LIMIT 2 OFFSET 0
                ) AS directors_films_1
            ) AS directors_films_1 ON TRUE
            """ },
        { "GET /films?select=title,...actors!inner(actor:name)", "many to many", """
            SELECT api.films.title, films_actors_1.actor
            FROM api.films
            INNER JOIN LATERAL (
                SELECT json_agg(films_actors_1)::jsonb AS films_actors_1, COALESCE(json_agg(films_actors_1.actor), '[]')::jsonb AS actor
                FROM (
                    SELECT api.actors.name AS actor
                    FROM api.actors, api.roles
                    WHERE api.roles.actor_id = api.actors.id AND api.roles.film_id = api.films.id
                ) AS films_actors_1
            ) AS films_actors_1 ON films_actors_1 IS NOT NULL
            """ },
    };

    public static TheoryData<string, string, string> Limits => new()
    {
        { "GET /films?select=id,roles(part,actors(name))", "100", """
            SELECT api.films.id, COALESCE(films_roles_1.films_roles_1, '[]') AS roles
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT json_agg(films_roles_1)::jsonb AS films_roles_1
                FROM (
                    SELECT roles_1.part, row_to_json(roles_actors_2.*)::jsonb AS actors
                    FROM api.roles AS roles_1
                    LEFT JOIN LATERAL (
                        SELECT actors_2.name
                        FROM api.actors AS actors_2
                        WHERE actors_2.id = roles_1.actor_id
                        LIMIT 100 OFFSET 0
                    ) AS roles_actors_2 ON TRUE
                    WHERE roles_1.film_id = api.films.id
                    LIMIT 100 OFFSET 0
                ) AS films_roles_1
            ) AS films_roles_1 ON TRUE
            LIMIT 100 OFFSET 0
            """ },
        { "GET /films?select=id,roles(part)&limit=200&roles.limit=5&offset=3", "100", """
            SELECT api.films.id, COALESCE(films_roles_1.films_roles_1, '[]') AS roles
            FROM api.films
            LEFT JOIN LATERAL (
                SELECT json_agg(films_roles_1)::jsonb AS films_roles_1
                FROM (
                    SELECT roles_1.part
                    FROM api.roles AS roles_1
                    WHERE roles_1.film_id = api.films.id
                    LIMIT 5 OFFSET 0
                ) AS films_roles_1
            ) AS films_roles_1 ON TRUE
            LIMIT 100 OFFSET $1
            -- 3
            """ },
    };

    [Theory]
    [MemberData(nameof(Embeds))]
    [MemberData(nameof(Spreads))]
    public void Each_table_is_a_lateral_join(string line, string what, string expected) => FilmSchema.Rows(line).Is(expected, $"{what}: {line}");

    [Theory]
    [MemberData(nameof(Limits))]
    public void A_limit_holds_on_each_level(string line, string most, string expected)
        => FilmSchema.Rows(line, $"Max-Rows: {most}").Is(expected, line);
}
