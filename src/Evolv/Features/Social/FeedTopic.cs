using System.Globalization;
using System.Text.Json;
using Evolv.Platform;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Features.Social;

/// <summary>
/// Tells people on <c>feed:&lt;user_id&gt;</c> of what is new in their feed: those who are joined on this server, follow the
/// author or are in the guild, and can select the item at the moment of telling.
/// </summary>
sealed class FeedTopic(
    ChangeStream changes, PersonalTopics topics, RowVisibility visibility, Database database, ILogger<FeedTopic> logger) : BackgroundService
{
    const string Topic = "feed";
    const int MostItems = 500; // In one question to PostgreSQL.

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var reader = changes.Open("feed topic");
        while (await reader.Events.WaitToReadAsync(stoppingToken))
        {
            var items = new List<NewItem>();
            while (items.Count < MostItems && reader.Events.TryRead(out var happened))
            {
                if (happened is ChangeEvent.Committed committed)
                    items.AddRange(NewItem.In(committed));
                else if (happened is ChangeEvent.Gap gap)
                    AskToRefresh(gap.Reason);
            }

            try
            {
                await TellAsync(items, stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                logger.FeedTopicFailed(PgErrors.ForLog(exception));
                AskToRefresh("new items could not be told of");
            }
        }
    }

    internal async Task TellAsync(IReadOnlyList<NewItem> items, CancellationToken cancellationToken)
    {
        if (items.Count == 0 || topics.PeopleOn(Topic) is not { Count: > 0 } people)
            return;
        var audience = await AudienceAsync(items, people, cancellationToken);
        if (audience.Count == 0)
            return;

        var seen = await visibility.AskAsync([.. audience.Select(Question)], cancellationToken);
        var payloads = new Dictionary<Guid, byte[]>();
        foreach (var ((person, news), answer) in audience.Zip(seen))
            foreach (var (item, isVisible) in news.Zip(answer.Visible))
            {
                if (!isVisible)
                    continue;
                if (!payloads.TryGetValue(item.Id, out var payload))
                    payloads.Add(item.Id, payload = item.ToJson());
                topics.Send($"{Topic}:{person}", "new_item", payload);
            }
    }

    /// <summary>Who may be interested, each with the items in their order. Whether they may see them is another question.</summary>
    async Task<IReadOnlyList<(Guid Person, IReadOnlyList<NewItem> Items)>> AudienceAsync(
        IReadOnlyList<NewItem> items, IReadOnlyCollection<Guid> people, CancellationToken cancellationToken)
    {
        Guid[] ids = [.. items.Select(item => item.Id)];
        Guid[] joined = [.. people];
        var pairs = await database.QueryAsync(
            Caller.Service,
            $"select person, item_id from evolv.feed_audience({ids}, {joined})",
            static async (reader, token) =>
            {
                var pairs = new List<(Guid Person, Guid Item)>();
                while (await reader.ReadAsync(token))
                    pairs.Add((reader.GetGuid(0), reader.GetGuid(1)));
                return pairs;
            },
            cancellationToken);

        return [.. pairs
            .GroupBy(pair => pair.Person, pair => pair.Item)
            .Select(group =>
            {
                var theirs = group.ToHashSet();
                return (group.Key, (IReadOnlyList<NewItem>)[.. items.Where(item => theirs.Contains(item.Id))]);
            })];
    }

    static (Caller Caller, RowKeys Rows) Question((Guid Person, IReadOnlyList<NewItem> Items) audience)
        => (Caller.User(audience.Person),
            new RowKeys("public", "feed_items", [new KeyColumn("id", "uuid")], [.. audience.Items.Select(item => new[] { item.Id.ToString() })]));

    void AskToRefresh(string reason)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(new { reason });
        foreach (var person in topics.PeopleOn(Topic))
            topics.Send($"{Topic}:{person}", "refresh", payload);
    }
}

/// <summary>A row that was inserted into <c>feed_items</c>; as much of it as people are told.</summary>
sealed record NewItem(Guid Id, Guid UserId, string ActivityType, DateTimeOffset CreatedAt)
{
    internal static IEnumerable<NewItem> In(ChangeEvent.Committed committed)
        => from change in committed.Changes
           where change is { Kind: ChangeKind.Insert, Table: { Schema: "public", Name: "feed_items" } }
           select Of(change);

    internal byte[] ToJson()
        => JsonSerializer.SerializeToUtf8Bytes(new { id = Id, user_id = UserId, activity_type = ActivityType, created_at = CreatedAt });

    static NewItem Of(Change change)
    {
        return new(
            Guid.Parse(Value("id")), Guid.Parse(Value("user_id")), Value("activity_type"),
            DateTimeOffset.Parse(Value("created_at"), CultureInfo.InvariantCulture));

        // None of these columns takes a null, and an insert has all of them.
        string Value(string column) => change.NewAt(change.Table.IndexOf(column)).Text!;
    }
}
