using Evolv.Tests.Support;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Tests.Features.Growth;

/// <summary>An event as a test writes it into somebody's history.</summary>
sealed record Happening(
    Guid Person, string Type, DateTimeOffset At, string Metadata = "{}", Guid? Actor = null, Guid? Object = null, string? Key = null,
    string? ObjectType = null);

/// <summary>Histories with dates in the past, and what became of them.</summary>
static class Happenings
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    extension(TestDatabase database)
    {
        /// <summary>Tells the history, in this order, as the triggers of the slices do.</summary>
        internal async Task RecordAsync(params IReadOnlyCollection<Happening> happenings)
        {
            await using var owner = await database.OpenOwnerAsync();
            await using var command = new NpgsqlCommand(
                """
                select count(evolv.record_event(h.person, h.type, h.object_type, h.object, h.actor, h.metadata::jsonb, h.key, h.at))
                from (
                    select *
                    from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::text[])
                        with ordinality h (person, type, at, metadata, actor, object, key, object_type, n)
                    order by n
                    offset 0
                ) h
                """, owner)
            {
                Parameters =
                {
                    new() { Value = happenings.Select(one => one.Person).ToArray() },
                    new() { Value = happenings.Select(one => one.Type).ToArray() },
                    new() { Value = happenings.Select(one => one.At.ToUniversalTime()).ToArray() },
                    new() { Value = happenings.Select(one => one.Metadata).ToArray() },
                    new() { Value = happenings.Select(one => one.Actor).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
                    new() { Value = happenings.Select(one => one.Object).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
                    new() { Value = happenings.Select(one => one.Key).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                    new() { Value = happenings.Select(one => one.ObjectType).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                },
            };
            Assert.Equal((long)happenings.Count, await command.ExecuteScalarAsync(Token));
        }

        /// <summary>Turns all that is pending into awards, as the worker does.</summary>
        internal async Task SettleAsync()
        {
            await using var owner = await database.OpenOwnerAsync();
            await using var command = new NpgsqlCommand("select evolv.settle_pending(1000)", owner);
            while ((int)(await command.ExecuteScalarAsync(Token))! > 0)
            {
            }

            command.CommandText = "select coalesce(string_agg(error, ' '), '') from evolv.settle_failures";
            Assert.Equal("", await command.ExecuteScalarAsync(Token));
        }

        /// <summary>The rows of one text column, as the owner.</summary>
        internal async Task<List<string>> LinesAsync(string sql)
        {
            await using var owner = await database.OpenOwnerAsync();
            await using var command = new NpgsqlCommand(sql, owner);
            await using var reader = await command.ExecuteReaderAsync(Token);
            var lines = new List<string>();
            while (await reader.ReadAsync(Token))
                lines.Add(reader.GetString(0));
            return lines;
        }

        /// <summary>Everybody has what a replay of their events from nothing gives, and nothing is broken.</summary>
        internal async Task AssertReplaysAsync()
        {
            Assert.Equal([], await database.LinesAsync(
                """
                select p.id || ': ' || v.difference
                from public.profiles p
                cross join lateral (select evolv.verify_xp(p.id) offset 0) v (difference)
                where v.difference is not null
                """));
            await database.AssertInvariantsAsync();
        }
    }
}
