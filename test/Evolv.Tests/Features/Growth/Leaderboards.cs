using System.Globalization;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

/// <summary>What tests of leaderboards do to a database, and what they read from it.</summary>
static class Leaderboards
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    extension(TestDatabase database)
    {
        /// <summary>Enters XP into the ledger, without the rewards of badges, which would spoil ties.</summary>
        internal Task<Guid> AwardAsync(Guid person, long amount, string at = "now()") => database.ScalarAsync<Guid>(
            $"""
            with event as (
                insert into activity_events (user_id, type) values ('{person}', 'test.award') returning id
            )
            insert into xp_transactions (user_id, amount, source, event_id, rule_version_id, rule_id, award_key, awarded_at, local_date)
            select '{person}', {amount.ToString(CultureInfo.InvariantCulture)}, 'daily_login', e.id, v.id, v.rule_id, e.id::text, {at}, current_date
            from event e, xp_rule_versions v join xp_rules r on r.id = v.rule_id
            where r.slug = 'service-award'
            returning id
            """);

        /// <summary>Takes an award back, as the engine does.</summary>
        internal Task VoidAsync(Guid entry) => database.ExecuteAsync(
            $"""
            insert into xp_transactions (
                user_id, amount, source, event_id, rule_version_id, rule_id, award_key, reversal_of, awarded_at, local_date)
            select user_id, -amount, source, event_id, rule_version_id, rule_id, award_key, id, awarded_at, local_date
            from xp_transactions
            where id = '{entry}'
            """);

        internal async Task<Guid[]> AddAsync(params (string Name, long Xp)[] people)
        {
            var ids = new List<Guid>();
            foreach (var (name, xp) in people)
            {
                ids.Add(await database.AddPersonAsync(name));
                if (xp > 0)
                    await database.AwardAsync(ids[^1], xp);
            }

            return [.. ids];
        }

        /// <summary>Brings all that has changed into the standings.</summary>
        internal async Task ApplyAsync(int most = 2000)
        {
            while (await database.ScalarAsync<int>(Caller.Service, $"select evolv.apply_leaderboard_changes({most})") > 0)
            {
            }
        }

        internal async Task AssertBoardsAsync()
            => Assert.Equal("", await database.ScalarAsync<string>(
                "select coalesce(string_agg(problem || ': ' || example, e'\\n'), '') from evolv.leaderboard_problems()"));

        internal async Task<Board> BoardAsync(
            Caller caller, string scope = "global", Guid? scopeId = null, string metric = "xp", string period = "all", string? day = null,
            int limit = 100, string? cursor = null, long? fromRank = null, bool aroundMe = false)
        {
            long? score = cursor is null ? null : long.Parse(cursor.Split('_')[0], CultureInfo.InvariantCulture);
            Guid? tie = cursor is null ? null : Guid.Parse(cursor.Split('_')[1]);
            var json = await database.Database.QueryJsonAsync(
                caller, $"select evolv.get_leaderboard({scope}, {scopeId}, {metric}, {period}, {day}::date, {limit}, {score}, {tie}, {fromRank}, {aroundMe})",
                Token);
            return new Board(JsonDocument.Parse(json).RootElement);
        }

        /// <summary>"1 ada", "2 ?": rank and name of a page.</summary>
        internal async Task<string[]> PlacesAsync(
            Caller caller, string scope = "global", Guid? scopeId = null, string metric = "xp", string period = "all", string? day = null)
            => [.. (await database.BoardAsync(caller, scope, scopeId, metric, period, day)).Rows.Select(row => $"{row.Rank} {row.Name ?? "?"}")];
    }
}

/// <summary>An answer of <c>evolv.get_leaderboard</c>.</summary>
sealed record Board(JsonElement Json)
{
    internal Place[] Rows => [.. Json.GetProperty("leaderboard").EnumerateArray().Select(row => new Place(
        row.GetProperty("rank").GetInt64(), row.GetProperty("score").GetInt64(),
        row.GetProperty("user_id").GetString() is { } id ? Guid.Parse(id) : null, row.GetProperty("full_name").GetString(),
        row.GetProperty("is_me").GetBoolean()))];

    internal long Total => Json.GetProperty("total_people").GetInt64();

    internal bool IsClosed => Json.GetProperty("closed").GetBoolean();

    internal string? Status => Json.GetProperty("me_status").GetString();

    internal (long Rank, long Score)? Me => Json.GetProperty("me") is { ValueKind: JsonValueKind.Object } me
        ? (me.GetProperty("rank").GetInt64(), me.GetProperty("score").GetInt64())
        : null;

    internal string? Next => Json.GetProperty("pagination").GetProperty("next_cursor").GetString();
}

sealed record Place(long Rank, long Score, Guid? Id, string? Name, bool IsMe);
