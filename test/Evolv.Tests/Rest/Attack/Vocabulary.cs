using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Evolv.Rest;

namespace Evolv.Tests.Rest.Attack;

/// <summary>
/// What may stand in a statement outside parameters and quoted identifiers: our own words, and the types and defaults of the
/// catalog. Whatever else is there, a request has put there.
/// </summary>
sealed class Vocabulary(FrozenSet<string> words)
{
    // Everything that the writers of statements say themselves.
    const string Own =
        """
        WITH AS SELECT FROM WHERE AND OR NOT IS NULL DISTINCT TRUE FALSE UNKNOWN ORDER BY GROUP ASC DESC NULLS FIRST LAST LIMIT ALL OFFSET ON
        LEFT INNER JOIN CROSS LATERAL INSERT INTO UPDATE SET DELETE RETURNING CONFLICT DO NOTHING EXCLUDED CASE WHEN THEN END EXISTS VARIADIC ANY
        EXPLAIN FORMAT JSON TEXT ANALYZE VERBOSE SETTINGS BUFFERS WAL CAST SUM AVG COUNT MAX MIN COALESCE values like ilike null false
        pg_catalog count json_agg coalesce nullif current_setting true set_config row_to_json to_jsonb jsonb int text bigint json_strip_nulls
        string_agg substring length json_object_keys array_agg json_each_text json_build_object ST_AsGeoJSON to_tsvector to_tsquery
        plainto_tsquery phraseto_tsquery websearch_to_tsquery unnest jsonb_build_object jsonb_agg json_array_elements jsonb_array_elements
        json_to_record json_to_recordset jsonb_to_record jsonb_to_recordset json
        pgrst_source pgrst_source_count pgrst_payload pgrst_body pgrst_json_defs pgrst_call pgrst_scalar _postgrest_t _ json_data val elem
        page_total total_result_set response_headers response_status response_inserted location body data row key value k r s a hh
        ( ) , . * = <> > >= < <= ~ ~* @> <@ && << >> &< &> -|- @@ -> ->> :: := || + - 0 1 1001
        '' '[]' 'null' '{}' '=' 'eq.' 'is.null' ',' e'\n' 'response.headers' 'response.status' 'pgrst.inserted' '0' '-1' 'type'
        'FeatureCollection' 'features'
        """;

    static readonly ConditionalWeakTable<RestSnapshot, Vocabulary> Known = [];

    internal static Vocabulary Of(RestSnapshot snapshot) => Known.GetValue(snapshot, Read);

    internal void AssertKnown(string sql)
    {
        var tokens = SqlTokens.Read(sql);
        for (var i = 0; i < tokens.Count; i++)
        {
            var (kind, text) = tokens[i];
            if (kind is TokenKind.Identifier or TokenKind.Parameter || words.Contains(text) || IsCast(tokens, i) || (kind == TokenKind.Number && tokens[i - 1].Text == "LIMIT"))
                continue;
            Assert.Fail($"{kind} {text} is none of our words in: {sql}");
        }
    }

    // The type of a cast stands without quotes and is one or more words between AS and the end of CAST.
    static bool IsCast(List<(TokenKind Kind, string Text)> tokens, int at)
    {
        var (start, end) = (at, at);
        while (tokens[start].Kind == TokenKind.Word && tokens[start].Text != "AS")
            start--;
        while (tokens[end].Kind == TokenKind.Word)
            end++;
        return tokens[start].Text == "AS" && tokens[end].Text == ")";
    }

    static Vocabulary Read(RestSnapshot snapshot)
    {
        var schema = snapshot.Schema!;
        var columns = schema.Tables.Values.SelectMany(table => table.Columns).ToArray();
        var texts = columns.SelectMany(column => new[] { column.NominalType, column.Default ?? "", $"'{column.Name.Replace("'", "''", StringComparison.Ordinal)}'" })
            .Concat(schema.Routines.Values.SelectMany(routines => routines).SelectMany(routine => routine.Parameters)
                .SelectMany(parameter => new[] { parameter.Type, parameter.TypeMaxLength }));
        var own = Own.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        return new([.. own, .. texts.Distinct().SelectMany(SqlTokens.Read).Select(token => token.Text)]);
    }
}
