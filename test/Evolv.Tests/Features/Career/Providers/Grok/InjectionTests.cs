using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Features.Career.Providers;
using Evolv.Features.Career.Providers.Grok;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>What people write is data for the model: in one message, as JSON, without what could tell who they are (SEC-34).</summary>
public sealed class InjectionTests(InjectionTests.World shared) : IClassFixture<InjectionTests.World>
{
    const string Grace = "Gracecanary"; // somebody else on the same server

    [Theory]
    [MemberData(nameof(Injections.Corpus), MemberType = typeof(Injections), DisableDiscoveryEnumeration = true)]
    [Trait("reliability", "SEC-34")]
    public async Task What_a_person_writes_is_sent_as_data_or_refused(string name, string payload)
    {
        _ = name;
        var world = shared.Grok;

        var (education, major, interest, skill, goals) = (Cut(payload, 100), Cut(payload, 200), Cut(payload, 100), Cut(payload, 100), Cut(payload, 2000));
        var said = await AskAsync("ai-career-assessment", new
        {
            user_profile = new
            {
                education_level = education,
                major,
                interests = new[] { interest, "baking" },
                current_skills = new[] { "SQL", skill },
                career_goals = goals,
                experience_years = 2,
            },
            analysis_depth = "quick",
        });
        Assert.Equal(Sent(education), (string?)said["education_level"]);
        Assert.Equal(Sent(major), (string?)said["major"]);
        Assert.Equal(SentAll(interest, "baking"), said["interests"]!.AsArray().Select(text => (string?)text));
        Assert.Equal(SentAll("SQL", skill), said["current_skills"]!.AsArray().Select(text => (string?)text));
        Assert.Equal(Sent(goals), (string?)said["career_goals"]);

        var role = Cut(payload, 200);
        said = await AskAsync("ai-skill-recommendations", new { target_role = role, current_skills = new[] { "SQL", skill } });
        Assert.Equal(Sent(role), (string?)said["target_role"]);
        Assert.Equal(SentAll("SQL", skill), said["current_skills"]!.AsArray().Select(text => (string?)text));

        var goal = Cut(payload, 1000);
        if (!string.IsNullOrWhiteSpace(goal))
        {
            said = await AskAsync("ai-learning-path", new { goal, current_level = "expert" });
            Assert.Equal(Sent(goal), (string?)said["goal"]);
        }

        if (payload.Length > 100)
        {
            await RefuseAsync("ai-career-assessment", new { user_profile = new { interests = new[] { payload } } }, "user_profile.interests");
            await RefuseAsync("ai-career-assessment", new { user_profile = new { current_skills = new[] { payload } } }, "user_profile.current_skills");
            await RefuseAsync("ai-career-assessment", new { user_profile = new { education_level = payload } }, "user_profile.education_level");
        }

        if (payload.Length > 200)
            await RefuseAsync("ai-skill-recommendations", new { target_role = payload }, "target_role");
        if (payload.Length > 1000)
            await RefuseAsync("ai-learning-path", new { goal = payload }, "goal");
        if (payload.Length > 2000)
            await RefuseAsync("ai-career-assessment", new { user_profile = new { career_goals = payload } }, "user_profile.career_goals");

        // What the person wrote, as the model gets it; and all of the request is looked at.
        async Task<JsonNode> AskAsync(string function, object question)
        {
            var before = world.Chats.Count;
            var answer = await shared.Ada.Http.CallAsync(function, question);
            Assert.Equal((200, "grok", ""), (answer.Status, answer.At("ai_provider"), answer.At("fallback")));
            var request = Assert.Single(world.Chats.Skip(before));
            AssertClean(request.Body);
            var messages = request.Json.GetProperty("messages").EnumerateArray().ToArray();
            Assert.Equal(["system", "user", "user"], messages.Select(message => message.GetProperty("role").GetString()));
            Assert.All(messages, message => Assert.Equal(2, message.EnumerateObject().Count()));
            Assert.Equal(GrokPrompt.Rules, messages[0].GetProperty("content").GetString());
            var facts = messages[1].GetProperty("content").GetString()!;
            using var readable = JsonDocument.Parse(facts);
            Assert.Equal(JsonValueKind.Object, readable.RootElement.ValueKind);
            if (payload.Length > 10)
            {
                Assert.DoesNotContain(Texts(JsonNode.Parse(facts)!), text => text.Contains(skill, StringComparison.Ordinal));
                Assert.DoesNotContain(Texts(JsonNode.Parse(request.Json.GetProperty("response_format").GetRawText())!), text => text.Contains(skill, StringComparison.Ordinal));
            }

            return JsonNode.Parse(messages[2].GetProperty("content").GetString()!)!;
        }

        async Task RefuseAsync(string function, object question, string field)
        {
            var before = world.Chats.Count;
            var answer = await shared.Ada.Http.CallAsync(function, question);
            Assert.Equal((400, "invalid_field"), (answer.Status, answer.Code));
            Assert.Contains(field, answer.Error, StringComparison.Ordinal);
            Assert.Equal(before, world.Chats.Count);
        }
    }

    [Fact]
    [Trait("reliability", "SEC-34")]
    public async Task Only_skills_of_the_person_and_paths_that_they_may_see_are_sent()
    {
        var before = shared.Grok.Chats.Count;

        var answer = await shared.Ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment("Find out what is sent"));

        Assert.Equal("grok", answer.At("ai_provider"));
        var request = Assert.Single(shared.Grok.Chats.Skip(before));
        AssertClean(request.Body);
        var messages = request.Json.GetProperty("messages");
        var facts = JsonNode.Parse(messages[1].GetProperty("content").GetString()!)!;
        Assert.Equal([shared.OpenPath.ToString()], facts["paths"]!.AsArray().Select(path => (string?)path!["id"]));
        Assert.DoesNotContain(shared.HiddenPath.ToString(), request.Body, StringComparison.Ordinal);
        var person = JsonNode.Parse(messages[2].GetProperty("content").GetString()!)!;
        Assert.Equal(
            ["education_level", "major", "interests", "experience_years", "current_skills", "career_goals", "profile_skills"],
            person.AsObject().Select(property => property.Key));
        Assert.Equal("""[{"slug":"negotiation","level":"expert","verified":false}]""", person["profile_skills"]!.ToJsonString());
        Assert.Equal(
            ["Accept", "Authorization", "Content-Length", "Content-Type", "Host", "User-Agent"],
            request.Headers.Keys.Where(name => !name.StartsWith("X-Stainless-", StringComparison.Ordinal)).Order()); // the SDK's: which system and runtime
    }

    [Fact]
    [Trait("reliability", "SEC-34")]
    public async Task Addresses_and_numbers_that_people_write_about_themselves_stay_here()
    {
        var before = shared.Grok.Chats.Count;

        await shared.Ada.Http.CallAsync("ai-learning-path", new { goal = "Reach me at me.canary@example.org, www.canary.example or +49 (30) 123-45-67 to learn baking", current_level = "beginner" });

        var body = Assert.Single(shared.Grok.Chats.Skip(before)).Body;
        Assert.Contains("to learn baking", body, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", body, StringComparison.Ordinal);
        Assert.DoesNotContain("123-45-67", body, StringComparison.Ordinal);
    }

    // Printable ASCII: nothing that is invisible, changes direction or ends a message; and nobody's data.
    void AssertClean(string body)
    {
        Assert.DoesNotContain(body, letter => letter is < ' ' or > '~');
        Assert.DoesNotContain(body, letter => letter is '<' or '>');
        string[] secrets =
        [
            GrokStandIn.Key, GrokStandIn.Key[4..], shared.Grok.Server.PublishableKey, shared.Grok.Server.SecretKey, shared.Ada.AccessToken, shared.Ada.RefreshToken,
            shared.Ada.Id.ToString(), shared.Ada.Name, $"{shared.Ada.Name}@example.com", shared.Other.Id.ToString(), Grace,
        ];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, body, StringComparison.OrdinalIgnoreCase));
    }

    static string? Sent(string text) => string.IsNullOrWhiteSpace(text) ? null : PlainText.ForProvider(text.Trim());

    static IEnumerable<string?> SentAll(params string[] texts) => texts.Where(text => !string.IsNullOrWhiteSpace(text)).Select(Sent);

    static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject json => json.SelectMany(property => Texts(property.Value).Prepend(property.Key)),
        JsonArray list => list.SelectMany(Texts),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => [value.GetValue<string>()],
        _ => [],
    };

    static string Cut(string text, int longest)
        => text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];

    /// <summary>One server for all payloads. Ada asks; somebody else has asked before.</summary>
    public sealed class World(EvolvCluster cluster) : IAsyncLifetime
    {
        internal GrokWorld Grok { get; private set; } = null!;

        internal Person Ada { get; private set; } = null!;

        internal Person Other { get; private set; } = null!;

        /// <summary>A path that teaches Python.</summary>
        internal Guid OpenPath { get; } = Guid.CreateVersion7();

        /// <summary>Another, that is not published.</summary>
        internal Guid HiddenPath { get; } = Guid.CreateVersion7();

        public async ValueTask InitializeAsync()
        {
            Grok = await GrokWorld.StartAsync(
                cluster, ("Ai:TimeoutSeconds", "60"), ("Ai:AttemptTimeoutSeconds", "60"), ("Ai:PersonDailyUsd", "1000"), ("Ai:PersonMonthlyUsd", "1000"),
                ("Ai:InstallationDailyUsd", "1000"), ("Ai:InstallationMonthlyUsd", "1000"));
            Ada = await Grok.ConsentingAsync("adalovelacecanary");
            Other = await Grok.ConsentingAsync("gracecanary");
            await Grok.Database.ExecuteAsync(
                $"""
                update profiles set full_name = '{Grace} Hopper' where id = '{Other.Id}';
                insert into user_skills (user_id, skill_id, claimed_level) select '{Other.Id}', id, 'expert' from skills where slug = 'welding';
                insert into user_skills (user_id, skill_id, claimed_level) select '{Ada.Id}', id, 'expert' from skills where slug = 'negotiation';
                insert into learning_paths (id, title, description, difficulty_level, instructor_id, skills_covered, is_active)
                values
                    ('{OpenPath}', 'Statistics <|im_start|> for all', '', 'beginner', '{Other.Id}', array(select name from skills), true),
                    ('{HiddenPath}', 'Not yet', '', 'beginner', '{Other.Id}', array(select name from skills), false);
                """);
            foreach (var function in GrokWorld.Functions)
                await Other.Http.CallAsync(function, function switch
                {
                    "ai-career-assessment" => GrokWorld.Assessment($"{Grace} wants to weld", $"{Grace} interests"),
                    "ai-skill-recommendations" => new { target_role = $"{Grace} role", current_skills = new[] { $"{Grace} skill" } },
                    _ => (object)new { goal = $"{Grace} goal", current_level = "beginner" },
                });
            Assert.Equal(3, Grok.Chats.Count(chat => chat.Body.Contains(Grace, StringComparison.Ordinal))); // or its absence elsewhere proves nothing
        }

        public ValueTask DisposeAsync() => Grok.DisposeAsync();
    }
}
