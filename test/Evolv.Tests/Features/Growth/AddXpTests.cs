using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

public sealed class AddXpTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task First_award_lifts_to_the_level_of_the_formula_and_brings_the_badges()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        using var answer = await server.Service.PostAsJsonAsync("/functions/v1/add-xp", Award(ada.Id, 5000), Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var data = await DataAsync(answer);
        Assert.Equal(5000, data.GetProperty("xp_added").GetInt32());
        Assert.Equal(5120, data.GetProperty("total_xp").GetInt64()); // and 20 + 100 for two level badges
        Assert.Equal(7, data.GetProperty("current_level").GetInt32());
        Assert.True(data.GetProperty("level_up").GetBoolean());
        Assert.Equal(7, data.GetProperty("new_level").GetInt32());
        Assert.Equal(["On the Way", "Rising Star"], data.GetProperty("rewards").EnumerateArray().Select(reward => reward.GetProperty("name").GetString()!));
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task Award_without_a_new_level_says_so()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        using var answer = await server.Service.PostAsJsonAsync("/functions/v1/add-xp", Award(ada.Id, 10), Token);

        var data = await DataAsync(answer);
        Assert.False(data.GetProperty("level_up").GetBoolean());
        Assert.Equal(JsonValueKind.Null, data.GetProperty("new_level").ValueKind);
        Assert.Empty(data.GetProperty("rewards").EnumerateArray());
    }

    [Fact]
    public async Task Only_the_service_and_admins_award()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var teacher = await server.SignUpAsync("teacher", "teacher");
        var admin = await server.SignUpAsync("admin", "admin");
        var guest = server.ClientWith(server.PublishableKey, "not.a.token");

        Assert.Equal((401, "unauthorized"), await TryAsync(server.Keyless, ada.Id));
        Assert.Equal((401, "unauthorized"), await TryAsync(server.Anonymous, ada.Id));
        Assert.Equal((401, "invalid_token"), await TryAsync(guest, ada.Id));
        Assert.Equal((403, "forbidden"), await TryAsync(ada.Http, ada.Id));
        Assert.Equal((403, "forbidden"), await TryAsync(teacher.Http, ada.Id));
        Assert.Equal((200, ""), await TryAsync(admin.Http, ada.Id));
        Assert.Equal((200, ""), await TryAsync(server.Service, ada.Id));
        Assert.Equal(2L, await server.Database.ScalarAsync<long>("select count(*) from xp_transactions"));
    }

    [Theory]
    [InlineData("""{"amount":1,"source":"daily_login"}""", "user_id must be a UUID")]
    [InlineData("""{"user_id":"test-user-id","amount":1,"source":"daily_login"}""", "user_id must be a UUID")]
    [InlineData("""{"user_id":"ID","amount":0,"source":"daily_login"}""", "amount must be an integer from 1 to 100000")]
    [InlineData("""{"user_id":"ID","amount":-5,"source":"daily_login"}""", "amount must be an integer from 1 to 100000")]
    [InlineData("""{"user_id":"ID","amount":1.5,"source":"daily_login"}""", "amount must be an integer from 1 to 100000")]
    [InlineData("""{"user_id":"ID","amount":"5","source":"daily_login"}""", "amount must be an integer from 1 to 100000")]
    [InlineData("""{"user_id":"ID","amount":100001,"source":"daily_login"}""", "amount must be an integer from 1 to 100000")]
    [InlineData("""{"user_id":"ID","amount":2147483648,"source":"daily_login"}""", "amount must be an integer from 1 to 100000")]
    [InlineData("""{"user_id":"ID","amount":1e308,"source":"daily_login"}""", "amount must be an integer from 1 to 100000")]
    [InlineData("""{"user_id":"ID","amount":null,"source":"daily_login"}""", "amount must be an integer from 1 to 100000")]
    [InlineData("""{"user_id":"ID","amount":1}""", "source must be one of course_completion, skill_mastery, social_interaction, quiz_completion, project_submission, daily_login, achievement_unlock")]
    [InlineData("""{"user_id":"ID","amount":1,"source":"bribe"}""", "source must be one of course_completion, skill_mastery, social_interaction, quiz_completion, project_submission, daily_login, achievement_unlock")]
    [InlineData("""{"user_id":"ID","amount":1,"source":"daily_login","metadata":[]}""", "metadata must be a JSON object")]
    [InlineData("""{"user_id":"ID","amount":1,"source":"daily_login","idempotency_key":""}""", "idempotency_key must be text of 1 to 255 characters")]
    [InlineData("""{"user_id":"ID","amount":1,"source":"daily_login","idempotency_key":7}""", "idempotency_key must be text of 1 to 255 characters")]
    [InlineData("""{"user_id":"ID","amount":1,"source":"daily_login","idempotency_key":"\ud800"}""", "idempotency_key is not valid Unicode")]
    [InlineData("""{"user_id":"ID","amount":1,"source":"daily_login","idempotency_key":"a\u0000"}""", "idempotency_key must not contain U+0000")]
    [InlineData("""[1]""", "The body must be a JSON object.")]
    [InlineData("""{"user_id":""", "The body is not valid JSON (line 1, byte 12).")]
    [InlineData("", "The body is not valid JSON (line 1, byte 1).")]
    public async Task Bad_input_is_named_and_writes_nothing(string body, string error)
    {
        var server = await cluster.SharedServerAsync();
        var ada = await server.Database.AddPersonAsync("ada");

        using var answer = await server.Service.PostAsync(
            "/functions/v1/add-xp", new StringContent(body.Replace("ID", ada.ToString(), StringComparison.Ordinal), Encoding.UTF8, "application/json"), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        Assert.False(json.RootElement.GetProperty("success").GetBoolean());
        Assert.Equal(error, json.RootElement.GetProperty("error").GetString());
        Assert.Equal(0L, await server.Database.ScalarAsync<long>($"select count(*) from xp_transactions where user_id = '{ada}'"));
    }

    [Theory]
    [InlineData("""{"a":"\u0000"}""")]
    [InlineData("""{"a":"\ud800"}""")]
    public async Task Metadata_that_PostgreSQL_cannot_hold_is_a_bad_request(string metadata)
    {
        var server = await cluster.SharedServerAsync();
        var ada = await server.Database.AddPersonAsync("ada");

        using var answer = await server.Service.PostAsync("/functions/v1/add-xp", new StringContent(
            $$"""{"user_id":"{{ada}}","amount":1,"source":"daily_login","metadata":{{metadata}}}"""), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Nobody_by_that_id_is_404()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        Assert.Equal((404, "user_not_found"), await TryAsync(server.Service, Guid.CreateVersion7()));
    }

    [Fact]
    public async Task Body_that_is_too_large_is_413()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Http:MaxBodyBytes", "2048"));

        using var answer = await server.Service.PostAsync("/functions/v1/add-xp", new StringContent(new string(' ', 3000)), Token);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("body_too_large", await CodeAsync(answer));
    }

    [Fact]
    public async Task Same_key_and_body_are_answered_again_and_counted_once()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        using var first = await KeyedAsync(server.Service, ada.Id, 300, "once");
        using var second = await KeyedAsync(server.Service, ada.Id, 300, "once");
        using var inBody = await server.Service.PostAsJsonAsync(
            "/functions/v1/add-xp", new { user_id = ada.Id, amount = 300, source = "quiz_completion", idempotency_key = "once" }, Token);

        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal("true", second.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal("true", inBody.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(await first.Content.ReadAsStringAsync(Token), await second.Content.ReadAsStringAsync(Token));
        Assert.Equal(1L, await server.Database.ScalarAsync<long>("select count(*) from xp_transactions where badge_id is null"));
    }

    [Fact]
    public async Task Same_key_and_another_body_conflict()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        using var first = await KeyedAsync(server.Service, ada.Id, 300, "once");

        using var other = await KeyedAsync(server.Service, ada.Id, 301, "once");

        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        Assert.Equal("idempotency_key_reused", await CodeAsync(other));
        Assert.Equal(1L, await server.Database.ScalarAsync<long>("select count(*) from xp_transactions where badge_id is null"));
    }

    [Fact]
    public async Task Keys_of_two_callers_do_not_meet()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var admin = await server.SignUpAsync("admin", "admin");

        using var first = await KeyedAsync(server.Service, admin.Id, 300, "once");
        using var second = await KeyedAsync(admin.Http, admin.Id, 5, "once");

        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.False(second.Headers.Contains("Idempotency-Replayed"));
    }

    [Fact]
    public async Task Twenty_calls_at_once_with_one_key_award_once()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => KeyedAsync(server.Service, ada.Id, 300, "once")));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(19, answers.Count(answer => answer.Headers.Contains("Idempotency-Replayed")));
        Assert.Single((await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync(Token)))).Distinct());
        await server.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task Fifty_times_twenty_parallel_awards_to_one_person_are_exact()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            for (var i = 0; i < 20; i++)
            {
                using var answer = await server.Service.PostAsJsonAsync("/functions/v1/add-xp", Award(ada.Id, 7), Token);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }));

        Assert.Equal(7000L, await server.Database.ScalarAsync<long>("select sum(amount)::bigint from xp_transactions where badge_id is null"));
        await server.Database.AssertInvariantsAsync();
    }

    static object Award(Guid userId, int amount) => new { user_id = userId, amount, source = "quiz_completion" };

    static async Task<HttpResponseMessage> KeyedAsync(HttpClient client, Guid userId, int amount, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/functions/v1/add-xp") { Content = JsonContent.Create(Award(userId, amount)) };
        request.Headers.Add("Idempotency-Key", key);
        return await client.SendAsync(request, Token);
    }

    static async Task<(int Status, string Code)> TryAsync(HttpClient client, Guid userId)
    {
        using var answer = await client.PostAsJsonAsync("/functions/v1/add-xp", Award(userId, 5), Token);
        return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? "" : await CodeAsync(answer));
    }

    static async Task<string> CodeAsync(HttpResponseMessage answer)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        return json.RootElement.GetProperty("code").GetString()!;
    }

    static async Task<JsonElement> DataAsync(HttpResponseMessage answer)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        Assert.True(json.RootElement.GetProperty("success").GetBoolean());
        return json.RootElement.GetProperty("data").Clone();
    }
}
