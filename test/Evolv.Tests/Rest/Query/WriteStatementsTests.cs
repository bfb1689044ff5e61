namespace Evolv.Tests.Rest.Query;

/// <summary>What a write becomes, whole.</summary>
public sealed class WriteStatementsTests
{
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

    [Theory]
    [MemberData(nameof(Writes))]
    public void A_request_is_one_statement(string line, string? body, string headers, string expected)
        => FilmSchema.Statement(line, body, headers.Split('|', StringSplitOptions.RemoveEmptyEntries))
            .WithoutCommonWords().Is(expected, $"{line} {body} {headers}");
}
