namespace Evolv.Tests.Rest.Query;

/// <summary>What a read, a write and a call become, with what is told about them beside the rows.</summary>
public sealed class WholeStatementsTests
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
            WITH pgrst_source AS (SELECT api.films.id FROM api.films LIMIT $1 OFFSET $2), pgrst_source_count AS (SELECT 1 FROM api.films)
            SELECT <page> AS page_total, (SELECT pg_catalog.count(*) FROM pgrst_source_count) AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- 2 | 0
            """ },
        { "GET /films?select=id", null, "Prefer: count=estimated|Max-Rows: 10", """
            WITH pgrst_source AS (SELECT api.films.id FROM api.films LIMIT $1 OFFSET $2), pgrst_source_count AS (SELECT 1 FROM api.films LIMIT 11)
            SELECT <page> AS page_total, (SELECT pg_catalog.count(*) FROM pgrst_source_count) AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- 10 | 0
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

    public static TheoryData<string, string?, string, string> Writes => new()
    {
        { "POST /films", """{"title":"a","price":1}""", "", """
            WITH pgrst_source AS (
                INSERT INTO api.films(price, title)
                SELECT pgrst_body.price, pgrst_body.title
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT price, title
                    FROM json_to_record(pgrst_payload.json_data) AS _(price numeric, title text)
                ) pgrst_body
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- {"title":"a","price":1}
            """ },
        { "POST /films?select=id,title", """[{"title":"a"},{"title":"b"}]""", "Prefer: return=representation", """
            WITH pgrst_source AS (
                INSERT INTO api.films(title)
                SELECT pgrst_body.title
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT title
                    FROM json_to_recordset(pgrst_payload.json_data) AS _(title text)
                ) pgrst_body
                RETURNING api.films.id, api.films.title
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (SELECT films.id, films.title FROM pgrst_source AS films) _postgrest_t
            -- [{"title":"a"},{"title":"b"}]
            """ },
        { "POST /films", """{"title":"a"}""", "Prefer: return=headers-only", """
            WITH pgrst_source AS (
                INSERT INTO api.films(title)
                SELECT pgrst_body.title
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT title
                    FROM json_to_record(pgrst_payload.json_data) AS _(title text)
                ) pgrst_body
                RETURNING api.films.color, api.films.data, api.films.director_id, api.films.id, api.films.price, api.films.tags, api.films.title, api.films.words
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, null::int AS response_inserted, CASE WHEN <page> = 1 THEN (WITH data AS (SELECT row_to_json(_) AS row FROM pgrst_source AS _ LIMIT 1) SELECT array_agg(json_data.key || '=' || coalesce('eq.' || json_data.value, 'is.null')) FROM data CROSS JOIN json_each_text(data.row) AS json_data WHERE json_data.key = ANY ($2)) END AS location, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- {"title":"a"} | [id]
            """ },
        { "POST /films?columns=id,title", """[{"title":"a"}]""", "Prefer: missing=default", """
            WITH pgrst_source AS (
                INSERT INTO api.films(id, title)
                SELECT pgrst_body.id, pgrst_body.title
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT jsonb_agg(jsonb_build_object('id', nextval('api.films_id_seq')) || elem) AS val
                    FROM jsonb_array_elements(pgrst_payload.json_data) elem
                ) pgrst_json_defs, LATERAL (
                    SELECT id, title
                    FROM jsonb_to_recordset(pgrst_json_defs.val) AS _(id int, title text)
                ) pgrst_body
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- [{"title":"a"}]
            """ },
        { "POST /films", "{}", "", """
            WITH pgrst_source AS (
                INSERT INTO api.films
                SELECT
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (SELECT FROM (values(1)) _) pgrst_body
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- {}
            """ },
        { "POST /films", "[{},{}]", "", """
            WITH pgrst_source AS (
                INSERT INTO api.films
                SELECT
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (SELECT FROM json_array_elements(pgrst_payload.json_data) _) pgrst_body
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- [{},{}]
            """ },
        { "POST /films", """{"color":"red"}""", "", """
            WITH pgrst_source AS (
                INSERT INTO api.films(color)
                SELECT pgrst_body.color
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT api.color_read(color) AS color
                    FROM json_to_record(pgrst_payload.json_data) AS _(color json)
                ) pgrst_body
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- {"color":"red"}
            """ },
        { "POST /films", """{"id":1,"title":"a"}""", "Prefer: resolution=merge-duplicates", """
            WITH pgrst_source AS (
                INSERT INTO api.films(id, title)
                SELECT pgrst_body.id, pgrst_body.title
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT id, title
                    FROM json_to_record(pgrst_payload.json_data) AS _(id int, title text)
                ) pgrst_body
                WHERE set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) + 1)::text, true) <> '0' ON CONFLICT(id) DO UPDATE SET id = EXCLUDED.id, title = EXCLUDED.title
                WHERE set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) - 1)::text, true) <> '-1'
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, nullif(current_setting('pgrst.inserted', true), '')::int AS response_inserted, null::text[] AS location, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- {"id":1,"title":"a"}
            """ },
        { "POST /films?on_conflict=title", """{"id":1,"title":"a"}""", "Prefer: resolution=ignore-duplicates", """
            WITH pgrst_source AS (
                INSERT INTO api.films(id, title)
                SELECT pgrst_body.id, pgrst_body.title
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT id, title
                    FROM json_to_record(pgrst_payload.json_data) AS _(id int, title text)
                ) pgrst_body ON CONFLICT(title) DO NOTHING
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- {"id":1,"title":"a"}
            """ },
        { "POST /log", """{"line":"a"}""", "Prefer: resolution=merge-duplicates", """
            WITH pgrst_source AS (
                INSERT INTO api.log(line)
                SELECT pgrst_body.line
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT line
                    FROM json_to_record(pgrst_payload.json_data) AS _(line text)
                ) pgrst_body
                WHERE set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) + 1)::text, true) <> '0'
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, nullif(current_setting('pgrst.inserted', true), '')::int AS response_inserted, null::text[] AS location, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- {"line":"a"}
            """ },
        { "POST /films?select=title,directors(name)", """{"title":"a"}""", "Prefer: return=representation", """
            WITH pgrst_source AS (
                INSERT INTO api.films(title)
                SELECT pgrst_body.title
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT title
                    FROM json_to_record(pgrst_payload.json_data) AS _(title text)
                ) pgrst_body
                RETURNING api.films.director_id, api.films.id, api.films.title
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
            -- {"title":"a"}
            """ },
        { "PUT /films?id=eq.1", """{"id":1,"title":"a"}""", "", """
            WITH pgrst_source AS (
                INSERT INTO api.films(id, title)
                SELECT pgrst_body.id, pgrst_body.title
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT id, title
                    FROM json_to_record(pgrst_payload.json_data) AS _(id int, title text)
                ) pgrst_body
                WHERE set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) + 1)::text, true) <> '0' AND pgrst_body.id = $2 ON CONFLICT(id) DO UPDATE SET id = EXCLUDED.id, title = EXCLUDED.title
                WHERE set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) - 1)::text, true) <> '-1'
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, nullif(current_setting('pgrst.inserted', true), '')::int AS response_inserted, null::text[] AS location, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- {"id":1,"title":"a"} | 1
            """ },
        { "PATCH /films?id=eq.1", """{"title":"a"}""", "", """
            WITH pgrst_source AS (
                UPDATE api.films
                SET title = pgrst_body.title
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT title
                    FROM json_to_record(pgrst_payload.json_data) AS _(title text)
                ) pgrst_body
                WHERE api.films.id = $2
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- {"title":"a"} | 1
            """ },
        { "PATCH /films?id=eq.1&select=title", """{"price":2}""", "Prefer: return=representation, missing=default", """
            WITH pgrst_source AS (
                UPDATE api.films
                SET price = pgrst_body.price
                FROM (SELECT $1 AS json_data) pgrst_payload, LATERAL (
                    SELECT jsonb_build_object('price', 9.5) || pgrst_payload.json_data AS val
                ) pgrst_json_defs, LATERAL (
                    SELECT price
                    FROM jsonb_to_record(pgrst_json_defs.val) AS _(price numeric)
                ) pgrst_body
                WHERE api.films.id = $2
                RETURNING api.films.id, api.films.title
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (SELECT films.title FROM pgrst_source AS films) _postgrest_t
            -- {"price":2} | 1
            """ },
        { "PATCH /films?id=eq.1&select=title", "{}", "Prefer: return=representation", """
            WITH pgrst_source AS (SELECT films.id, films.title FROM api.films WHERE false)
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (SELECT films.title FROM pgrst_source AS films) _postgrest_t
            """ },
        { "DELETE /films?id=eq.1&or=(price.gt.2,title.is.null)", null, "", """
            WITH pgrst_source AS (
                DELETE
                FROM api.films
                WHERE api.films.id = $1 AND (api.films.price > $2 OR api.films.title IS NULL)
                RETURNING 1
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, ''::text AS body
            FROM (SELECT * FROM pgrst_source) _postgrest_t
            -- 1 | 2
            """ },
        { "DELETE /films?select=id,directors(name)&id=eq.1", null, "Prefer: return=representation", """
            WITH pgrst_source AS (
                DELETE
                FROM api.films
                WHERE api.films.id = $1
                RETURNING api.films.director_id, api.films.id
            )
            SELECT <page> AS page_total, null::bigint AS total_result_set, <settings>, <no write>, coalesce(json_agg(_postgrest_t), '[]') AS body
            FROM (
                SELECT films.id, row_to_json(films_directors_1.*)::jsonb AS directors
                FROM pgrst_source AS films
                LEFT JOIN LATERAL (
                    SELECT directors_1.name
                    FROM api.directors AS directors_1
                    WHERE directors_1.id = films.director_id
                ) AS films_directors_1 ON TRUE
            ) _postgrest_t
            -- 1
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
                LIMIT $4 OFFSET $5
            ) _postgrest_t
            -- 1 | 5 | 5 | 2 | 0
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
    [MemberData(nameof(Writes))]
    [MemberData(nameof(Calls))]
    public void A_request_is_one_statement(string line, string? body, string headers, string expected)
    {
        var sql = FilmSchema.Statement(line, body, headers.Split('|', StringSplitOptions.RemoveEmptyEntries));

        Assert.True(FilmSchema.Sql.FromLines(expected) == Shorten(sql.ToString()), $"{line} {body} {headers}\n{Shorten(sql.ToString())}");
    }

    // What all statements say with the same words.
    static string Shorten(string sql) => sql
        .Replace(
            "nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status",
            "<settings>", StringComparison.Ordinal)
        .Replace("pg_catalog.count(_postgrest_t)", "<page>", StringComparison.Ordinal)
        .Replace("null::int AS response_inserted, null::text[] AS location", "<no write>", StringComparison.Ordinal);
}
