using System.Collections.Frozen;
using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using Evolv.Platform.Data;
using Evolv.Rest;
using Evolv.Rest.Plan;
using Evolv.Rest.Query;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Evolv.Bench.Rest;

/// <summary>What a request costs before PostgreSQL sees it: URL → intent → plan, and → SQL with its settings.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class ParseAndPlanBench
{
    readonly RestSnapshot _snapshot = Snapshot();
    DefaultHttpContext _context = new();

    [Params(
        "/rest/v1/posts?id=eq.1&select=id,content",
        "/rest/v1/posts?select=id,content,likes_count,author:profiles!author_id(id,full_name)&author_id=eq.7&order=created_at.desc&limit=20",
        "/rest/v1/profiles?select=id,full_name,posts(id,content,comments(id,content,profiles(full_name)))&id=in.(1,2,3,4,5)&posts.order=id.desc&posts.limit=5")]
    public string Url { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _context = new DefaultHttpContext();
        _context.Request.Method = "GET";
        _context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = Url;
        _context.Request.Headers["apikey"] = "sb_publishable_0123456789012345678901_01234567";
        _context.Request.Headers.Accept = "*/*";
        _context.Request.Headers["x-client-info"] = "supabase-js-node/2.119.0";
    }

    [Benchmark]
    public object ParseAndPlan() => Planner.Plan(RequestParser.Parse(_context.Request, default, _snapshot), _snapshot);

    [Benchmark]
    public object ParsePlanAndQuery()
    {
        var request = RequestParser.Parse(_context.Request, default, _snapshot);
        var plan = (ActionPlan.Statement)Planner.Plan(request, _snapshot);
        var session = SessionSettings.From(_context.Request, request, plan, Caller.Anonymous, _snapshot.Config);
        return (session.Become(Caller.Anonymous), Statements.Write(plan, request, _snapshot.Config).ToCommand());
    }

    static RestSnapshot Snapshot()
    {
        var tables = new[]
        {
            Table("profiles", "id", "full_name", "bio", "avatar_url", "level"),
            Table("posts", "id", "author_id", "content", "likes_count", "created_at"),
            Table("comments", "id", "post_id", "author_id", "content", "created_at"),
        };
        Relationship.Key[] keys = [Key("posts", "author_id", "profiles"), Key("comments", "post_id", "posts"), Key("comments", "author_id", "profiles")];
        var relationships = keys.Concat(keys.Select(key => key with
        {
            Table = key.ForeignTable,
            ForeignTable = key.Table,
            Cardinality = new Cardinality.OneToMany(key.Cardinality.Constraint!, [.. key.Cardinality.Pairs.Select(pair => pair.Swapped)]),
        }));
        var schema = SchemaCache.Empty with
        {
            Tables = tables.ToFrozenDictionary(table => table.Name),
            Relationships = relationships.GroupBy(key => (key.Table, "public"))
                .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray<Relationship>()),
            MediaHandlers = new Dictionary<MediaHandlerKey, ResolvedHandler>
            {
                [new(null, MediaType.Any)] = new(new MediaHandler.Json(), MediaType.Json),
            }.ToFrozenDictionary(),
        };
        return new RestSnapshot(RestConfigReader.Read(new RestOptions(), StoredSettings.None, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance), schema);
    }

    static Table Table(string name, params string[] columns) => new(
        new("public", name), null, IsView: false, Insertable: true, Updatable: true, Deletable: true, ["id"],
        [.. columns.Select(column => new Column(column, null, IsNullable: true, "text", "text", null, null, []))]);

    static Relationship.Key Key(string table, string column, string foreignTable) => new(
        new("public", table), new("public", foreignTable), IsSelf: false,
        new Cardinality.ManyToOne($"{table}_{column}_fkey", [new(column, "id")]), TableIsView: false, ForeignTableIsView: false);
}
