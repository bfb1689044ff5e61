using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>A server whose guidance asks the stand-in for xAI, and what it leaves in the tables.</summary>
sealed class GrokWorld : IAsyncDisposable
{
    internal static readonly string[] Functions = ["ai-career-assessment", "ai-skill-recommendations", "ai-learning-path"];

    GrokWorld(GrokStandIn grok, EvolvServer server) => (Grok, Server) = (grok, server);

    internal GrokStandIn Grok { get; }

    internal EvolvServer Server { get; }

    internal TestDatabase Database => Server.Database;

    /// <summary>The completions that were asked for.</summary>
    internal IReadOnlyList<GrokRequest> Chats => [.. Grok.Requests.Where(request => request.IsChat)];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<GrokWorld> StartAsync(EvolvCluster cluster, params (string Key, string Value)[] settings)
    {
        var grok = await GrokStandIn.StartAsync();
        return new GrokWorld(grok, await EvolvServer.StartAsync(cluster, SettingsFor(grok, settings)));
    }

    /// <summary>What a server needs to ask the stand-in; attempts are short, so that nobody waits long for what hangs.</summary>
    internal static (string Key, string Value)[] SettingsFor(GrokStandIn grok, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>
        {
            ["Ai:ApiKey"] = GrokStandIn.Key,
            ["Ai:BaseUrl"] = grok.Url,
            ["Ai:Models"] = "grok-4.6,grok-4.5",
            ["Ai:TimeoutSeconds"] = "8",
            ["Ai:AttemptTimeoutSeconds"] = "2",
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        return [.. all.Select(setting => (setting.Key, setting.Value))];
    }

    /// <summary>Somebody who agreed that what they say is sent.</summary>
    internal async Task<Person> ConsentingAsync(string name)
    {
        var person = await Server.SignUpAsync(name);
        await ConsentAsync(person);
        return person;
    }

    internal static async Task ConsentAsync(Person person)
    {
        using var answer = await person.Http.PostAsJsonAsync("/rest/v1/ai_consents", new { user_id = person.Id }, Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    internal static async Task WithdrawAsync(Person person)
    {
        using var answer = await person.Http.DeleteAsync($"/rest/v1/ai_consents?user_id=eq.{person.Id}", Token);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    /// <summary>A question about a career; another goal is another question.</summary>
    internal static object Assessment(string goal = "Work with data", params string[] interests) => new
    {
        user_profile = new
        {
            education_level = "bachelor",
            major = "Mathematics",
            interests = interests.Length == 0 ? ["statistics", "spreadsheets"] : interests,
            experience_years = 3,
            current_skills = new[] { "SQL", "Python" },
            career_goals = goal,
        },
        analysis_depth = "standard",
    };

    /// <summary>Goals of which no occupation knows anything, so that all prompts are equally long.</summary>
    internal static object Goal(int number) => new { goal = $"Zzqx wvut {number:000}", current_level = "beginner" };

    /// <summary>A question for each function.</summary>
    internal static object QuestionFor(string function) => function switch
    {
        "ai-career-assessment" => Assessment(),
        "ai-skill-recommendations" => new { target_role = "Data Scientist", current_skills = new[] { "SQL" } },
        _ => new { goal = "Become a data scientist", current_level = "beginner" },
    };

    internal static string TableOf(string function) => function switch
    {
        "ai-career-assessment" => "career_assessments",
        "ai-skill-recommendations" => "skill_recommendations",
        _ => "ai_generated_paths",
    };

    /// <summary>All rows of a table in the order in which they came, as the owner sees them.</summary>
    internal async Task<JsonNode[]> RowsAsync(string table, string order = "created_at")
        => [.. JsonNode.Parse(await Database.ScalarAsync<string>(
            $"select coalesce(jsonb_agg(to_jsonb(t) order by {order}), '[]')::text from {table} t"))!.AsArray().Select(row => row!)];

    /// <summary>The calls of the provider.</summary>
    internal Task<JsonNode[]> CallsAsync() => RowsAsync("public.ai_requests", "started_at");

    /// <summary>Every answer that was stored.</summary>
    internal async Task<JsonNode[]> AnswersAsync()
        => [.. (await RowsAsync("career_assessments")).Concat(await RowsAsync("skill_recommendations")).Concat(await RowsAsync("ai_generated_paths"))];

    /// <summary>Nothing is running, and what was spent is what the calls cost: of each person, and of all together.</summary>
    internal async Task AssertSettledAsync()
    {
        Assert.All(await CallsAsync(), call => Assert.Contains((string?)call["state"], new[] { "answered", "failed" }));
        Assert.Equal("", await Database.ScalarAsync<string>(
            """
            with cost as (
                select coalesce(user_id, '00000000-0000-0000-0000-000000000000') as user_id, sum(cost_ticks) as ticks
                from public.ai_requests
                group by grouping sets ((user_id), ())
            )
            select coalesce(string_agg(format('%s cost %s, spent %s', coalesce(c.user_id, s.user_id), c.ticks, s.ticks), ', '), '')
            from cost c
            full join evolv.ai_spending s on s.user_id = c.user_id
            where coalesce(c.ticks, 0) <> coalesce(s.ticks, 0)
            """));
    }

    /// <summary>All text that guidance keeps.</summary>
    internal async Task<string> DumpAsync()
        => string.Join('\n', (await CallsAsync()).Concat(await AnswersAsync()).Select(row => row.ToJsonString(Readable)));

    internal static JsonSerializerOptions Readable { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Grok.DisposeAsync();
    }
}
