using Npgsql;

namespace Evolv.Tests.Support;

/// <summary>What people were told on <c>notifications:&lt;user_id&gt;</c>.</summary>
static class Notifications
{
    extension(TestDatabase database)
    {
        /// <summary>Takes what was sent since the last call, sorted: who was told, the event, who did it, and the rest of the payload.</summary>
        internal async Task<IReadOnlyList<string>> TakeNotificationsAsync()
        {
            await using var owner = await database.OpenOwnerAsync();
            await using var command = new NpgsqlCommand(
                """
                with taken as (
                    delete from realtime.messages returning *
                )
                select concat_ws(' ',
                    case when t.private and t.extension = 'broadcast' then p.full_name else 'not private' end,
                    t.event,
                    'from ' || a.full_name,
                    t.payload - array['id', 'kind', 'actor_id'])
                    || case when t.payload ->> 'kind' = t.event and t.payload ->> 'id' = t.id::text then '' else ' without kind and id' end
                from taken t
                left join public.profiles p on 'notifications:' || p.id = t.topic
                left join public.profiles a on a.id::text = t.payload ->> 'actor_id'
                order by 1
                """, owner);
            await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            var notifications = new List<string>();
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
                notifications.Add(reader.GetString(0));
            return notifications;
        }
    }
}
