namespace Evolv.Tests.Rest.Query;

/// <summary>URL in, SQL out: what a read or a call becomes, whole. Names have quotes only where they need them.</summary>
public sealed class StatementsTests
{
    public static TheoryData<string, string?, string, string> Reads => new()
    {
        { "GET /films?select=id", null, "", """
            WITH pgrst_source AS (SELECT api.films.id FROM api.films)
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            """ },
        { "GET /films?select=id", null, "Prefer: count=exact", """
            WITH pgrst_source AS (SELECT api.films.id FROM api.films)
            SELECT <page> AS page_total, <page> AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            """ },
        { "GET /films?select=id&limit=2", null, "Prefer: count=exact", """
            WITH pgrst_source AS (SELECT api.films.id FROM api.films LIMIT 2 OFFSET 0), pgrst_source_count AS (SELECT 1 FROM api.films)
            SELECT <page> AS page_total, (SELECT pg_catalog.count(*) FROM pgrst_source_count) AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            """ },
        { "GET /films?select=id", null, "Prefer: count=estimated|Max-Rows: 10", """
            WITH pgrst_source AS (SELECT api.films.id FROM api.films LIMIT 10 OFFSET 0), pgrst_source_count AS (SELECT 1 FROM api.films LIMIT 11)
            SELECT <page> AS page_total, (SELECT pg_catalog.count(*) FROM pgrst_source_count) AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            """ },
        { "HEAD /films?select=id", null, "Prefer: count=exact", """
            WITH pgrst_source AS (SELECT api.films.id FROM api.films)
            SELECT <page> AS page_total, <page> AS total_result_set, <settings>, <no write>, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            """ },
        { "GET /films?select=id", null, "Accept: application/vnd.pgrst.object+json;nulls=stripped", """
            WITH pgrst_source AS (SELECT api.films.id FROM api.films)
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_strip_nulls(json_agg(_postgrest_t)->0), 'null') AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            """ },
        { "GET /films?select=id", null, "Accept: application/vnd.pgrst.array+json;nulls=stripped", """
            WITH pgrst_source AS (SELECT api.films.id FROM api.films)
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_strip_nulls(json_agg(_postgrest_t)), '[]') AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            """ },
        { "GET /films?select=id", null, "Accept: text/csv", """
            WITH pgrst_source AS (SELECT api.films.id FROM api.films)
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, (
                SELECT coalesce(string_agg(a.k, ','), '')
                FROM (
                    SELECT json_object_keys(r)::text AS k
                    FROM (SELECT row_to_json(hh) AS r FROM pgrst_source AS hh LIMIT 1) s
                ) a
            ) || e'\n' || coalesce(string_agg(substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), e'\n'), '') AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            """ },
        { "GET /actors", null, "Accept: application/x-actors", """
            WITH pgrst_source AS (SELECT api.actors.* FROM api.actors)
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, api.actors_agg(_postgrest_t::api.actors) AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            """ },
        { "GET /films?select=id", null, "Accept: application/vnd.pgrst.plan", """
            EXPLAIN (FORMAT TEXT) WITH pgrst_source AS (SELECT api.films.id FROM api.films)
            SELECT <page> AS page_total, null::bigint AS total_result_set, coalesce(json_agg(_postgrest_t), '[]') AS body, <settings>, null::int AS response_inserted
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            """ },
    };

    public static TheoryData<string, string?, string, string> Calls => new()
    {
        { "GET /rpc/add?a=1&b=2", null, "", """
            WITH pgrst_source AS (
                SELECT pgrst_call.pgrst_scalar
                FROM (SELECT api.add(a := $1::int, b := $2::int) pgrst_scalar) pgrst_call
            )
            SELECT 1::bigint AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body
            FROM (SELECT add.* FROM pgrst_source AS add) _postgrest_t
            -- 1 | 2
            """ },
        { "POST /rpc/add", """{"a":1,"b":2}""", "", """
            WITH pgrst_source AS (
                SELECT pgrst_call.pgrst_scalar
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT a, b
                    FROM json_to_record(pgrst_payload.json_data) AS _(a int, b int)
                    LIMIT 1
                ) pgrst_body, LATERAL (SELECT api.add(a := pgrst_body.a, b := pgrst_body.b) pgrst_scalar) pgrst_call
            )
            SELECT 1::bigint AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body
            FROM (SELECT add.* FROM pgrst_source AS add) _postgrest_t
            -- {"a":1,"b":2}
            """ },
        { "GET /rpc/now", null, "", """
            WITH pgrst_source AS (
                SELECT pgrst_call.pgrst_scalar
                FROM (SELECT api.now() pgrst_scalar) pgrst_call
            )
            SELECT 1::bigint AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body
            FROM (SELECT now.* FROM pgrst_source AS now) _postgrest_t
            """ },
        { "GET /rpc/numbers?n=3", null, "Prefer: count=exact", """
            WITH pgrst_source AS (
                SELECT pgrst_call.pgrst_scalar
                FROM (SELECT api.numbers(n := $1::int) pgrst_scalar) pgrst_call
            )
            SELECT <page> AS page_total, <page> AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t.pgrst_scalar), '[]') AS body
            FROM (SELECT numbers.* FROM pgrst_source AS numbers) _postgrest_t
            -- 3
            """ },
        { "GET /rpc/join?words=a&words=b", null, "", """
            WITH pgrst_source AS (
                SELECT pgrst_call.pgrst_scalar
                FROM (SELECT api.join(VARIADIC words := $1::text[]) pgrst_scalar) pgrst_call
            )
            SELECT 1::bigint AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body
            FROM (SELECT join.* FROM pgrst_source AS join) _postgrest_t
            -- [a, b]
            """ },
        { "GET /rpc/films_of?director=1&select=title&price=gt.5&order=title&limit=2", null, "Prefer: count=exact", """
            WITH pgrst_source AS (
                SELECT pgrst_call.price, pgrst_call.title
                FROM api.films_of(director := $1::int) pgrst_call
            ), pgrst_source_count AS (SELECT 1 FROM pgrst_source AS films WHERE films.price > $2)
            SELECT <page> AS page_total, (SELECT pg_catalog.count(*) FROM pgrst_source_count) AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (
                SELECT films.title
                FROM pgrst_source AS films
                WHERE films.price > $3
                ORDER BY films.title
                LIMIT 2 OFFSET 0
            ) _postgrest_t
            -- 1 | 5 | 5
            """ },
        { "GET /rpc/films_of?director=1&select=title,directors(name)", null, "", """
            WITH pgrst_source AS (
                SELECT pgrst_call.director_id, pgrst_call.title
                FROM api.films_of(director := $1::int) pgrst_call
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (
                SELECT films.title, row_to_json(films_directors_1.*)::jsonb AS directors
                FROM pgrst_source AS films
                LEFT JOIN LATERAL (
                    SELECT directors_1.name
                    FROM api.directors AS directors_1
                    WHERE directors_1.id = films.director_id
                ) AS films_directors_1 ON TRUE
            ) _postgrest_t
            -- 1
            """ },
        { "GET /rpc/film?id=1", null, "", """
            WITH pgrst_source AS (
                SELECT pgrst_call.color, pgrst_call.data, pgrst_call.director_id, pgrst_call.id, pgrst_call.price, pgrst_call.tags, pgrst_call.title, pgrst_call.words
                FROM api.film(id := $1::int) pgrst_call
            )
            SELECT 1::bigint AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t)->0, 'null') AS body
            FROM (
                SELECT films.id, films.title, films.director_id, films.price, films.data, films.tags, films.words, api.color_json(films.color) AS color
                FROM pgrst_source AS films
            ) _postgrest_t
            -- 1
            """ },
        { "POST /rpc/document", """{"x":1}""", "", """
            WITH pgrst_source AS (
                SELECT pgrst_call.pgrst_scalar
                FROM (SELECT api.document($1::json) pgrst_scalar) pgrst_call
            )
            SELECT 1::bigint AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body
            FROM (SELECT document.* FROM pgrst_source AS document) _postgrest_t
            -- {"x":1}
            """ },
        { "POST /rpc/file", "bytes", "Content-Type: application/octet-stream", """
            WITH pgrst_source AS (
                SELECT pgrst_call.pgrst_scalar
                FROM (SELECT api.file($1) pgrst_scalar) pgrst_call
            )
            SELECT 1::bigint AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body
            FROM (SELECT file.* FROM pgrst_source AS file) _postgrest_t
            -- bytes
            """ },
        { "POST /rpc/add", "a=1&b=2", "Content-Type: application/x-www-form-urlencoded", """
            WITH pgrst_source AS (
                SELECT pgrst_call.pgrst_scalar
                FROM (SELECT api.add(a := $1::int, b := $2::int) pgrst_scalar) pgrst_call
            )
            SELECT 1::bigint AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body
            FROM (SELECT add.* FROM pgrst_source AS add) _postgrest_t
            -- 1 | 2
            """ },
    };

    [Theory]
    [MemberData(nameof(Reads))]
    [MemberData(nameof(Calls))]
    public void A_request_is_one_statement(string line, string? body, string headers, string expected)
        => FilmSchema.Statement(line, body, headers.Split('|', StringSplitOptions.RemoveEmptyEntries))
            .WithoutCommonWords().Is(expected, $"{line} {body} {headers}");

    [Fact]
    public void A_plan_is_explained_with_its_options()
        => Assert.StartsWith(
            "EXPLAIN (FORMAT JSON, ANALYZE, BUFFERS) WITH pgrst_source AS (SELECT api.films.id FROM api.films)",
            FilmSchema.Statement("GET /films?select=id", null, "Accept: application/vnd.pgrst.plan+json; options=buffers|analyze").Text,
            StringComparison.Ordinal);
}
