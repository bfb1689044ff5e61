using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Platform.Data;
using Evolv.Rest;
using Evolv.Rest.Schema;
using Evolv.Tests.Rest.Token;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Rest.Attack;

/// <summary>
/// Every way through Evolv's own schema along up to three relationships, generated from the catalog and walked by people who
/// may see different things. What comes back is what the rows that they see in SQL give when they are joined here.
/// </summary>
public sealed class EmbedWalkTests(EvolvCluster cluster)
{
    // Embeds of one request: PostgreSQL plans each.
    const int MostEmbeds = 40;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_path_of_embeds_leads_to_a_row_that_sql_hides()
    {
        var database = await cluster.CreateDatabaseAsync();
        using (var script = new StreamReader(typeof(EmbedWalkTests).Assembly.GetManifestResourceStream("test/Authority/world.sql")!))
            await database.ExecuteAsync(await script.ReadToEndAsync(Token));
        // Three relationships away from those that ship, with twenty skills each, are millions of rows. The world has its own.
        await database.ExecuteAsync("delete from public.occupations where code ~ '^[0-9]'");
        await using var server = await EvolvServer.StartAsync(database, ("Rest:JwtSecret", Tokens.Secret), ("Rest:MaxConditions", "10000"));
        var schema = server.Services.GetRequiredService<RestSnapshots>().Current.Schema!;

        var walked = 0;
        foreach (var name in (string[])["anon", "stranger", "owner"])
        {
            var caller = name == "anon" ? Caller.Anonymous : Caller.User(await database.ScalarAsync<Guid>($"select world.id('{name}')"));
            var seen = await SeenAsync(database, caller, schema);
            Assert.InRange(seen.Count, 10, schema.Tables.Count);
            using var client = new HttpClient { BaseAddress = new Uri(server.Url) };
            if (caller.UserId is { } id)
                client.DefaultRequestHeaders.Authorization = new("Bearer", Tokens.Hs256($$"""{"role":"authenticated","sub":"{{id}}"}"""));
            await Parallel.ForEachAsync(Requests(schema, seen), Token, async (path, token) =>
            {
                using var answer = await client.GetAsync($"/rest/v1/{path.Table.Name.Name}?select={path.Select()}", token);
                var body = await answer.Content.ReadAsStringAsync(token);
                if (path.Tables().All(table => seen.ContainsKey(table.Name)))
                    Assert.Equal(Canonical(path.Expected(seen)), answer.IsSuccessStatusCode ? Canonical(JsonNode.Parse(body)) : $"{path.Select()}: {body}");
                else
                    Assert.True(body.Contains("\"code\":\"42501\"", StringComparison.Ordinal), $"{name} {path.Table.Name}?select={path.Select()}: {body}");
                Interlocked.Add(ref walked, path.Tables().Count());
            });
        }

        Assert.True(walked > 5_000, $"only {walked} embeds");
    }

    /// <summary>The rows of each table that the caller may read.</summary>
    static async Task<Dictionary<QualifiedName, List<JsonObject>>> SeenAsync(TestDatabase database, Caller caller, SchemaCache schema)
    {
        var seen = new Dictionary<QualifiedName, List<JsonObject>>();
        foreach (var table in schema.Tables.Keys)
        {
            try
            {
                var rows = await database.ColumnAsync<string>(caller, ActingAs.Raw($"select to_jsonb(t)::text from public.\"{table.Name}\" t"));
                seen[table] = [.. rows.Select(row => JsonNode.Parse(row)!.AsObject())];
            }
            catch (Npgsql.PostgresException exception) when (exception.SqlState == Npgsql.PostgresErrorCodes.InsufficientPrivilege)
            {
                // Not in the dictionary.
            }
        }

        return seen;
    }

    /// <summary>Whole trees where all tables may be read; where one may not, a request for each way to it that is short.</summary>
    static IEnumerable<Node> Requests(SchemaCache schema, Dictionary<QualifiedName, List<JsonObject>> seen)
    {
        foreach (var table in schema.Tables.Values)
        {
            yield return new Node(table, null, []);
            foreach (var first in Edges(schema, table))
            {
                var middle = schema.Tables[first.ForeignTable];
                if (!seen.ContainsKey(table.Name) || !seen.ContainsKey(middle.Name))
                {
                    yield return new Node(table, null, [new Node(middle, first, [])]);
                    continue;
                }

                var children = new List<Node>();
                foreach (var second in Edges(schema, middle))
                {
                    var target = schema.Tables[second.ForeignTable];
                    var leaves = Edges(schema, target).Select(third => new Node(schema.Tables[third.ForeignTable], third, [])).ToList();
                    if (!seen.ContainsKey(target.Name))
                    {
                        yield return new Node(table, null, [new Node(middle, first, [new Node(target, second, [])])]);
                        continue;
                    }

                    if (leaves.Find(leaf => !seen.ContainsKey(leaf.Table.Name)) is { } refused)
                        yield return new Node(table, null, [new Node(middle, first, [new Node(target, second, [refused])])]);
                    children.Add(new Node(target, second, [.. leaves.Where(leaf => seen.ContainsKey(leaf.Table.Name))]));
                    if (children.Sum(child => child.Tables().Count()) < MostEmbeds)
                        continue;
                    yield return new Node(table, null, [new Node(middle, first, [.. children])]);
                    children.Clear();
                }

                if (children.Count > 0)
                    yield return new Node(table, null, [new Node(middle, first, [.. children])]);
            }
        }
    }

    static IEnumerable<Relationship.Key> Edges(SchemaCache schema, Table table)
        => schema.RelationshipsFrom(table.Name, "public").OfType<Relationship.Key>().Where(key => Name(key) is not null);

    /// <summary>How a request names the relationship so that no other is meant.</summary>
    static string? Name(Relationship.Key key) => key switch
    {
        { IsSelf: true, Cardinality: Cardinality.ManyToOne { Columns: [var pair] } } => pair.Column,
        { IsSelf: true, Cardinality: Cardinality.OneToMany { Columns: [var pair] } } => $"{key.ForeignTable.Name}!{pair.ForeignColumn}",
        { IsSelf: true } => null,
        { Cardinality: Cardinality.ManyToMany many } => $"{key.ForeignTable.Name}!{many.Junction.Name}",
        _ => $"{key.ForeignTable.Name}!{key.Cardinality.Constraint}",
    };

    // Order does not count: it is asserted elsewhere.
    static string Canonical(JsonNode? node) => node switch
    {
        JsonArray array => $"[{string.Join(',', array.Select(Canonical).Order(StringComparer.Ordinal))}]",
        JsonObject row => $"{{{string.Join(',', row.Select(pair => $"{pair.Key}:{Canonical(pair.Value)}").Order(StringComparer.Ordinal))}}}",
        null => "null",
        _ => node.ToJsonString(),
    };

    /// <summary>A table of a request with the embeds in it.</summary>
    sealed record Node(Table Table, Relationship.Key? Way, Node[] Embeds)
    {
        internal IEnumerable<Table> Tables() => [Table, .. Embeds.SelectMany(embed => embed.Tables())];

        internal string Select()
        {
            var text = new StringBuilder(string.Join(',', Keys()));
            for (var i = 0; i < Embeds.Length; i++)
                text.Append(CultureInfo.InvariantCulture, $",e{i}:{Name(Embeds[i].Way!)}({Embeds[i].Select()})");
            return text.ToString();
        }

        internal JsonArray Expected(Dictionary<QualifiedName, List<JsonObject>> seen)
            => [.. seen[Table.Name].Select(row => Shape(row, seen))];

        string[] Keys() => Table.PrimaryKey is [_, ..] key ? [.. key] : [Table.Columns[0].Name];

        JsonObject Shape(JsonObject row, Dictionary<QualifiedName, List<JsonObject>> seen)
        {
            var shape = new JsonObject();
            foreach (var key in Keys())
                shape[key] = row[key]?.DeepClone();
            for (var i = 0; i < Embeds.Length; i++)
            {
                var embed = Embeds[i];
                var found = embed.RowsOf(row, seen).Select(other => embed.Shape(other, seen)).ToArray();
                shape[$"e{i}"] = embed.Way!.IsToOne ? found.SingleOrDefault() : new JsonArray([.. found]);
            }

            return shape;
        }

        IEnumerable<JsonObject> RowsOf(JsonObject parent, Dictionary<QualifiedName, List<JsonObject>> seen) => Way!.Cardinality switch
        {
            Cardinality.ManyToMany many => seen[many.Junction]
                .Where(row => many.Source.All(pair => Same(parent[pair.Column], row[pair.ForeignColumn])))
                .SelectMany(row => seen[Table.Name].Where(other => many.Target.All(pair => Same(other[pair.Column], row[pair.ForeignColumn])))),
            var direct => seen[Table.Name].Where(row => direct.Pairs.All(pair => Same(parent[pair.Column], row[pair.ForeignColumn]))),
        };

        static bool Same(JsonNode? one, JsonNode? other) => one is not null && other is not null && one.ToJsonString() == other.ToJsonString();
    }
}
