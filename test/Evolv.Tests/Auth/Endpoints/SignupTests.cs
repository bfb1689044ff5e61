using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class SignupTests(EvolvCluster cluster)
{
    [Fact]
    public async Task New_person_gets_a_session_and_a_profile()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Anonymous.PostAsync("signup", new
        {
            email = "Ada@Example.com",
            password = "correct horse battery",
            data = new { full_name = "Ada", sub = "somebody else", email_verified = false, role = "admin" },
            gotrue_meta_security = new { },
            code_challenge = (string?)null,
        });

        Assert.Equal(200, answer.Status);
        var id = answer.User["id"]!.GetValue<string>();
        var user = answer.User;
        var at = user["created_at"]!.GetValue<string>();
        Assert.EndsWith("Z", at, StringComparison.Ordinal);
        var identity = user["identities"]![0]!;
        var expected = new JsonObject
        {
            ["id"] = id,
            ["aud"] = "authenticated",
            ["role"] = "authenticated",
            ["email"] = "ada@example.com",
            ["email_confirmed_at"] = at,
            ["phone"] = "",
            ["confirmed_at"] = at,
            ["last_sign_in_at"] = user["last_sign_in_at"]!.DeepClone(),
            ["app_metadata"] = new JsonObject { ["provider"] = "email", ["providers"] = new JsonArray("email") },
            ["user_metadata"] = new JsonObject
            {
                ["sub"] = id, ["role"] = "admin", ["email"] = "ada@example.com", ["full_name"] = "Ada",
                ["email_verified"] = true, ["phone_verified"] = false,
            },
            ["identities"] = new JsonArray(new JsonObject
            {
                ["identity_id"] = identity["identity_id"]!.DeepClone(),
                ["id"] = id,
                ["user_id"] = id,
                ["identity_data"] = new JsonObject
                {
                    ["sub"] = id, ["role"] = "admin", ["email"] = "ada@example.com", ["full_name"] = "Ada",
                    ["email_verified"] = false, ["phone_verified"] = false,
                },
                ["provider"] = "email",
                ["email"] = "ada@example.com",
                ["last_sign_in_at"] = identity["last_sign_in_at"]!.DeepClone(),
                ["created_at"] = identity["created_at"]!.DeepClone(),
                ["updated_at"] = identity["updated_at"]!.DeepClone(),
            }),
            ["created_at"] = at,
            ["updated_at"] = user["updated_at"]!.DeepClone(),
            ["is_anonymous"] = false,
        };
        AssertSame(expected, user);
        Assert.Equal(
            ["access_token", "expires_at", "expires_in", "refresh_token", "token_type", "user"],
            answer.Body!.Select(property => property.Key).Order());
        Assert.Equal("bearer", answer.Text("token_type"));
        Assert.Equal(3600, answer.Body!["expires_in"]!.GetValue<int>());
        Assert.Equal("Ada", await server.Database.ScalarAsync<string>($"select full_name from public.profiles where id = '{id}'"));
    }

    static void AssertSame(JsonNode expected, JsonNode actual)
        => Assert.True(JsonNode.DeepEquals(expected, actual), $"expected {expected.ToJsonString()}\nactual   {actual.ToJsonString()}");
}
