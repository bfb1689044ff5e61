using System.Net.Http.Json;
using System.Text.Json;
using Evolv.Tests.Auth.OAuthServer;
using Evolv.Tests.Auth.Passkeys;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Audit;

/// <summary>Everything sensitive that can be done, each as somebody does it, and what the audit log says of it.</summary>
static class AuditedDeeds
{
    /// <summary>A deed: what it needs is there when <see cref="DoAsync"/> runs.</summary>
    /// <param name="Actions">In the order in which they are appended.</param>
    /// <param name="DoAsync">Returns whom it is about, if anybody, and who did it, if a person.</param>
    internal sealed record Deed(string[] Actions, Func<AuditedServer, Func<Task>, Task<(Guid? About, Guid? Actor)>> DoAsync);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static IReadOnlyDictionary<string, Deed> All { get; } = new Dictionary<string, Deed>
    {
        ["somebody signs up"] = new(["account.signed_up"], async (world, begin) =>
        {
            await begin();
            var ada = await world.PersonAsync();
            return (ada.Id, ada.Id);
        }),
        ["somebody signs in"] = new(["account.signed_in"], async (world, begin) =>
        {
            var ada = await world.PersonAsync();
            await begin();
            await SendAsync(world.Server.Anonymous, HttpMethod.Post, "/auth/v1/token?grant_type=password", new { email = $"{ada.Name}@example.com", password = Person.Password });
            return (ada.Id, ada.Id);
        }),
        ["somebody signs out"] = new(["account.signed_out"], async (world, begin) =>
        {
            var ada = await world.PersonAsync();
            await begin();
            await SendAsync(ada.Http, HttpMethod.Post, "/auth/v1/logout", new { });
            return (ada.Id, ada.Id);
        }),
        ["somebody changes the password"] = new(["account.changed", "account.password_changed"], async (world, begin) =>
        {
            var ada = await world.PersonAsync();
            await begin();
            await SendAsync(ada.Http, HttpMethod.Put, "/auth/v1/user", new { password = "another horse battery" });
            return (ada.Id, null);
        }),
        ["somebody changes the address"] = new(["account.changed", "account.updated"], async (world, begin) =>
        {
            var ada = await world.PersonAsync();
            await begin();
            await SendAsync(ada.Http, HttpMethod.Put, "/auth/v1/user", new { email = $"new-{ada.Name}@example.com" });
            return (ada.Id, null);
        }),
        ["somebody adds, renames and removes a passkey"] = new(["account.passkey_added", "account.passkey_changed", "account.passkey_removed"], async (world, begin) =>
        {
            var ada = await world.PersonAsync();
            await begin();
            var (_, id) = await world.Server.AddPasskeyAsync(ada.AccessToken);
            await SendAsync(ada.Http, HttpMethod.Patch, $"/auth/v1/passkeys/{id}", new { friendly_name = "mine" });
            await SendAsync(ada.Http, HttpMethod.Delete, $"/auth/v1/passkeys/{id}", new { });
            return (ada.Id, ada.Id);
        }),
        ["somebody lets a tool in and throws it out"] = new(["account.client_let_in", "account.grant_revoked"], async (world, begin) =>
        {
            var ada = await world.PersonAsync();
            var tool = await Tool.RegisterAsync(world.Server);
            await begin();
            await tool.ApproveAsync(ada.AccessToken);
            await SendAsync(ada.Http, HttpMethod.Delete, $"/auth/v1/user/oauth/grants?client_id={tool.ClientId}", new { });
            return (ada.Id, ada.Id);
        }),
        ["a stolen token comes again"] = new(["account.token_reused"], async (world, begin) =>
        {
            var ada = await world.PersonAsync();
            var child = await RefreshAsync(world, ada.RefreshToken);
            await RefreshAsync(world, child!);
            await begin();
            Assert.Null(await RefreshAsync(world, ada.RefreshToken));
            return (ada.Id, ada.Id);
        }),
        ["an operator sets a password in SQL"] = new(["account.changed"], async (world, begin) =>
        {
            var ada = await world.PersonAsync();
            await begin();
            await world.Server.Database.ExecuteAsync($"update auth.users set encrypted_password = 'x' where id = '{ada.Id}'");
            return (ada.Id, null);
        }),
        ["an account is deleted"] = new(["role.revoked", "account.deleted"], async (world, begin) =>
        {
            var ada = await world.PersonAsync("teacher");
            await begin();
            await world.Server.Database.ExecuteAsync($"delete from auth.users where id = '{ada.Id}'");
            return (ada.Id, null);
        }),
        ["an admin gives a role"] = new(["role.granted"], async (world, begin) =>
        {
            var (admin, ada) = (await world.PersonAsync("admin"), await world.PersonAsync());
            await begin();
            await SendAsync(admin.Http, HttpMethod.Post, "/rest/v1/user_roles", new { user_id = ada.Id, role = "teacher" });
            return (ada.Id, admin.Id);
        }),
        ["an admin takes a role"] = new(["role.revoked"], async (world, begin) =>
        {
            var (admin, ada) = (await world.PersonAsync("admin"), await world.PersonAsync("teacher"));
            await begin();
            await SendAsync(admin.Http, HttpMethod.Delete, $"/rest/v1/user_roles?user_id=eq.{ada.Id}", null);
            return (ada.Id, admin.Id);
        }),
        ["the service lets a role end"] = new(["role.changed"], async (world, begin) =>
        {
            var ada = await world.PersonAsync("teacher");
            await begin();
            await SendAsync(world.Server.Service, HttpMethod.Patch, $"/rest/v1/user_roles?user_id=eq.{ada.Id}", new { expires_at = "2030-01-01T00:00:00Z" });
            return (ada.Id, null);
        }),
        ["a signing key is made, changed and revoked"] = new(["key.created", "key.changed", "key.revoked"], async (world, begin) =>
        {
            await begin();
            await world.Server.Database.ExecuteAsync(
                $"""
                insert into auth.signing_keys (kid, alg, private_key, status) values ('k1', 'ES256', '{AuditedServer.Canary}', 'standby');
                update auth.signing_keys set private_key = '{AuditedServer.Canary}2' where kid = 'k1';
                update auth.signing_keys set status = 'revoked' where kid = 'k1'
                """);
            return (null, null);
        }),
        ["an API key is made, revoked and deleted"] = new(["key.created", "key.revoked", "key.deleted"], async (world, begin) =>
        {
            await begin();
            await world.Server.Database.ExecuteAsync(
                $"""
                insert into auth.api_keys (name, kind, role, api_key) values ('ci', 'secret', 'service_role', '{AuditedServer.Canary}');
                update auth.api_keys set revoked_at = now() where name = 'ci';
                delete from auth.api_keys where name = 'ci'
                """);
            return (null, null);
        }),
        ["an admin awards XP by hand"] = new(["xp.awarded_by_hand"], async (world, begin) =>
        {
            var (admin, ada) = (await world.PersonAsync("admin"), await world.PersonAsync());
            await begin();
            await CallAsync(admin.Http, "add-xp", Award(ada));
            return (ada.Id, admin.Id);
        }),
        ["an admin awards XP to themselves"] = new(["xp.awarded_by_hand"], async (world, begin) =>
        {
            var admin = await world.PersonAsync("admin");
            await begin();
            await CallAsync(admin.Http, "add-xp", Award(admin));
            return (admin.Id, admin.Id);
        }),
        ["the service awards XP, as it does all day"] = new([], async (world, begin) =>
        {
            var ada = await world.PersonAsync();
            await begin();
            await CallAsync(world.Server.Service, "add-xp", Award(ada));
            return (null, null);
        }),
        ["an admin voids XP"] = new(["xp.voided", "xp.reversed"], async (world, begin) =>
        {
            var (admin, ada) = (await world.PersonAsync("admin"), await world.PersonAsync());
            await CallAsync(world.Server.Service, "add-xp", Award(ada));
            var entry = await world.Server.Database.ScalarAsync<Guid>($"select id from xp_transactions where user_id = '{ada.Id}'");
            await begin();
            await CallAsync(admin.Http, "void-xp", new { xp_transaction_id = entry, reason = AuditedServer.Canary });
            return (ada.Id, admin.Id);
        }),
        ["an admin holds XP and lets it go"] = new(["integrity.held", "integrity.released"], async (world, begin) =>
        {
            var (admin, ada) = (await world.PersonAsync("admin"), await world.PersonAsync());
            await begin();
            var flag = await CallAsync(admin.Http, "hold-xp", new { user_id = ada.Id, rule = "daily-login", reason = AuditedServer.Canary });
            await CallAsync(admin.Http, "review-flag", new { flag_id = flag.At("id"), decision = "release", note = AuditedServer.Canary });
            return (ada.Id, admin.Id);
        }),
        ["an admin upholds a flag"] = new(["integrity.held", "integrity.upheld"], async (world, begin) =>
        {
            var (admin, ada) = (await world.PersonAsync("admin"), await world.PersonAsync());
            await begin();
            var flag = await CallAsync(admin.Http, "hold-xp", new { user_id = ada.Id, rule = "daily-login", reason = "looks odd" });
            await CallAsync(admin.Http, "review-flag", new { flag_id = flag.At("id"), decision = "uphold" });
            return (ada.Id, admin.Id);
        }),
        ["an admin publishes a rule of XP"] = new(["xp_rule.published"], async (world, begin) =>
        {
            var admin = await world.PersonAsync("admin");
            await begin();
            await CallAsync(admin.Http, "publish-xp-rule", new { slug = $"rule-{admin.Name}", event_type = "never.happens", amount = 5, source = "quiz_completion" });
            return (null, admin.Id);
        }),
        ["an admin publishes a badge"] = new(["badge.created", "badge_rule.published"], async (world, begin) =>
        {
            var admin = await world.PersonAsync("admin");
            await begin();
            await CallAsync(admin.Http, "publish-badge", new { slug = $"badge-{admin.Name}", name = admin.Name, rule = JsonElement.Parse("""{"all":[{"event":"never.happens","target":1}]}""") });
            return (null, admin.Id);
        }),
        ["the service changes and removes a badge"] = new(["badge.created", "badge.changed", "badge.removed"], async (world, begin) =>
        {
            await begin();
            await SendAsync(world.Server.Service, HttpMethod.Post, "/rest/v1/badges", new { slug = "odd", name = "Odd", rarity = "rare", category = "skill", requirement_type = "manual", requirement_value = 1 });
            await SendAsync(world.Server.Service, HttpMethod.Patch, "/rest/v1/badges?slug=eq.odd", new { points = 7 });
            await SendAsync(world.Server.Service, HttpMethod.Delete, "/rest/v1/badges?slug=eq.odd", null);
            return (null, null);
        }),
        ["an admin awards and revokes a badge"] = new(["badge.granted", "badge.revoked", "xp.reversed"], async (world, begin) =>
        {
            var (admin, ada) = (await world.PersonAsync("admin"), await world.PersonAsync());
            var badge = await world.Server.Database.ScalarAsync<Guid>("select id from badges where slug = 'expert'");
            await begin();
            var awarded = await CallAsync(admin.Http, "award-badge", new { user_id = ada.Id, badge_id = badge, reason = AuditedServer.Canary });
            await CallAsync(admin.Http, "revoke-badge", new { user_badge_id = awarded.At("id"), reason = AuditedServer.Canary });
            return (ada.Id, admin.Id);
        }),
        ["an admin publishes levels"] = new(["levels.published"], async (world, begin) =>
        {
            var admin = await world.PersonAsync("admin");
            await begin();
            await CallAsync(admin.Http, "publish-levels", new { xp_required = new[] { 0, 1_000_000 }, note = AuditedServer.Canary });
            return (null, admin.Id);
        }),
        ["a reviewer approves"] = new(["certification.decided", "certificate.issued", "skill.verified"], async (world, begin) =>
        {
            var (reviewer, ada) = (await world.PersonAsync("reviewer"), await world.PersonAsync());
            var request = await ApplyAsync(world, ada);
            await begin();
            await ReviewAsync(reviewer, request, "approved");
            return (ada.Id, reviewer.Id);
        }),
        ["a reviewer rejects"] = new(["certification.decided"], async (world, begin) =>
        {
            var (reviewer, ada) = (await world.PersonAsync("reviewer"), await world.PersonAsync());
            var request = await ApplyAsync(world, ada);
            await begin();
            await ReviewAsync(reviewer, request, "rejected");
            return (ada.Id, reviewer.Id);
        }),
        ["the service revokes a certificate, changes it and takes a skill back"] = new(
            ["certificate.revocation_changed", "certificate.changed", "skill.verification_changed"], async (world, begin) =>
            {
                var (reviewer, ada) = (await world.PersonAsync("reviewer"), await world.PersonAsync());
                await ReviewAsync(reviewer, await ApplyAsync(world, ada), "approved");
                await begin();
                var service = world.Server.Service;
                await SendAsync(service, HttpMethod.Patch, $"/rest/v1/certifications?user_id=eq.{ada.Id}", new { is_revoked = true, revoked_at = "2026-01-01", revocation_reason = AuditedServer.Canary });
                await SendAsync(service, HttpMethod.Patch, $"/rest/v1/certifications?user_id=eq.{ada.Id}", new { level = "beginner" });
                await SendAsync(service, HttpMethod.Patch, $"/rest/v1/user_skills?user_id=eq.{ada.Id}", new { verified = false, verified_level = (string?)null, verified_at = (string?)null });
                return (ada.Id, null);
            }),
        ["an operator removes a certificate"] = new(["certificate.removed"], async (world, begin) =>
        {
            var (reviewer, ada) = (await world.PersonAsync("reviewer"), await world.PersonAsync());
            await ReviewAsync(reviewer, await ApplyAsync(world, ada), "approved");
            await begin();
            await world.Server.Database.ExecuteAsync($"delete from certifications where user_id = '{ada.Id}'");
            return (ada.Id, null);
        }),
        ["a guild's owner makes a moderator, bans and removes"] = new(
            ["guild.role_changed", "guild.ban_changed", "guild.member_removed"], async (world, begin) =>
            {
                var (owner, ada) = (await world.PersonAsync(), await world.PersonAsync());
                var guild = await FoundAsync(world, owner);
                await SendAsync(ada.Http, HttpMethod.Post, "/rest/v1/guild_members", new { guild_id = guild });
                var membership = $"/rest/v1/guild_members?user_id=eq.{ada.Id}";
                await begin();
                await SendAsync(owner.Http, HttpMethod.Patch, membership, new { role = "moderator" });
                await SendAsync(owner.Http, HttpMethod.Patch, membership, new { state = "banned" });
                await SendAsync(owner.Http, HttpMethod.Delete, membership, null);
                return (ada.Id, owner.Id);
            }),
        ["a member leaves a guild"] = new([], async (world, begin) =>
        {
            var (owner, ada) = (await world.PersonAsync(), await world.PersonAsync());
            var guild = await FoundAsync(world, owner);
            await SendAsync(ada.Http, HttpMethod.Post, "/rest/v1/guild_members", new { guild_id = guild });
            await begin();
            await SendAsync(ada.Http, HttpMethod.Delete, $"/rest/v1/guild_members?user_id=eq.{ada.Id}", null);
            return (null, null);
        }),
        ["a guild with members goes as a whole"] = new(["guild.owner_changed", "guild.removed"], async (world, begin) =>
        {
            var (owner, ada) = (await world.PersonAsync(), await world.PersonAsync());
            var guild = await FoundAsync(world, owner);
            await SendAsync(ada.Http, HttpMethod.Post, "/rest/v1/guild_members", new { guild_id = guild });
            await begin();
            await SendAsync(world.Server.Service, HttpMethod.Patch, $"/rest/v1/guilds?id=eq.{guild}", new { owner_id = ada.Id });
            await SendAsync(ada.Http, HttpMethod.Delete, $"/rest/v1/guilds?id=eq.{guild}", null);
            return (null, null);
        }),
        ["somebody lets an AI provider read their profile and takes it back"] = new(["ai_consent.given", "ai_consent.withdrawn"], async (world, begin) =>
        {
            var ada = await world.PersonAsync();
            await begin();
            await SendAsync(ada.Http, HttpMethod.Post, "/rest/v1/ai_consents", new { });
            await SendAsync(ada.Http, HttpMethod.Delete, $"/rest/v1/ai_consents?user_id=eq.{ada.Id}", null);
            return (ada.Id, ada.Id);
        }),
        ["an operator applies a migration"] = new(["schema.migrated"], async (world, begin) =>
        {
            await begin();
            await world.Server.Database.ExecuteAsync("insert into evolv_migrations.applied (name, sha256) values ('db/migrations/9_x.sql', 'x')");
            return (null, null);
        }),
    };

    static object Award(Person person) => new { user_id = person.Id, amount = 30, source = "quiz_completion", metadata = new { secret = AuditedServer.Canary } };

    static async Task<FunctionAnswer> CallAsync(HttpClient client, string function, object body)
    {
        var answer = await client.CallAsync(function, body);
        Assert.True(answer.Status == 200, $"{function}: {answer.Status} {answer.Error}");
        return answer;
    }

    static async Task<string> SendAsync(HttpClient client, HttpMethod method, string url, object? body)
    {
        using var request = new HttpRequestMessage(method, url) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("Prefer", "return=representation");
        using var answer = await client.SendAsync(request, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.IsSuccessStatusCode && text != "[]", $"{method} {url}: {(int)answer.StatusCode} {text}");
        return text;
    }

    static async Task<string?> RefreshAsync(AuditedServer world, string token)
    {
        using var answer = await world.Server.Anonymous.PostAsJsonAsync("/auth/v1/token?grant_type=refresh_token", new { refresh_token = token }, Token);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        return answer.IsSuccessStatusCode ? json.RootElement.GetProperty("refresh_token").GetString() : null;
    }

    static async Task<Guid> ApplyAsync(AuditedServer world, Person person)
    {
        var skill = await world.Server.Database.ScalarAsync<Guid>("select id from skills where slug = 'go'");
        var text = await SendAsync(person.Http, HttpMethod.Post, "/rest/v1/certification_requests", new
        {
            skill_id = skill,
            requested_level = "expert",
            evidence_type = "project",
            description = AuditedServer.Canary,
        });
        return JsonElement.Parse(text)[0].GetProperty("id").GetGuid();
    }

    static Task ReviewAsync(Person reviewer, Guid request, string decision)
        => SendAsync(reviewer.Http, HttpMethod.Post, "/rest/v1/rpc/review_certification_request", new { request_id = request, decision, notes = AuditedServer.Canary });

    static async Task<Guid> FoundAsync(AuditedServer world, Person owner)
    {
        await SendAsync(owner.Http, HttpMethod.Post, "/rest/v1/guilds", new { slug = $"guild-{owner.Name}", name = owner.Name });
        return await world.Server.Database.ScalarAsync<Guid>($"select id from guilds where slug = 'guild-{owner.Name}'");
    }
}
