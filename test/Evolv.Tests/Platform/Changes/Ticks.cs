using System.Globalization;
using Evolv.Platform.Changes;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Platform.Changes;

/// <summary>
/// Rows that many writers count up at the same time. Whoever hears each number of each row once and in order has missed
/// nothing, heard nothing twice, and heard it in the order of the commits.
/// </summary>
sealed class Ticks
{
    internal const string Schema =
        """
        create table ticks (id int primary key, n bigint not null);
        insert into ticks select i, 0 from generate_series(1, 5) i;
        create publication supabase_realtime for table ticks;
        """;

    readonly Dictionary<string, long> _heard = [];

    /// <summary>Some of one row, some of two in one transaction; what fails is left, for the server may be gone.</summary>
    internal static async Task WriteAsync(TestDatabase database, int times, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        for (var i = 0; i < times && !cancellationToken.IsCancellationRequested; i++)
        {
            var row = Random.Shared.Next(1, 5);
            try
            {
                connection ??= await database.OpenOwnerAsync();
                await using var command = new NpgsqlCommand(
                    $"update ticks set n = n + 1 where id = {row}; update ticks set n = n + 1 where {i % 3} = 0 and id = 5", connection);
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                if (connection is not null)
                    await connection.DisposeAsync();
                connection = null;
                await Task.Delay(20, CancellationToken.None);
            }
        }

        if (connection is not null)
            await connection.DisposeAsync();
    }

    /// <summary>Listens until it has heard of every row what the table says; a gap, a repetition or a hole fails.</summary>
    internal async Task HearAllAsync(ListeningStream listening, TestDatabase database)
    {
        await using var owner = await database.OpenOwnerAsync();
        await using var command = new NpgsqlCommand("select id::text, n from ticks", owner);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var written = new Dictionary<string, long>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            written.Add(reader.GetString(0), reader.GetInt64(1));
        while (written.Any(row => row.Value != _heard.GetValueOrDefault(row.Key)))
            Hear(await listening.NextAsync());
    }

    void Hear(ChangeEvent happened)
    {
        if (happened is ChangeEvent.Gap gap)
            Assert.Fail(gap.Reason);
        if (happened is not ChangeEvent.Committed committed)
            return;
        foreach (var change in committed.Changes)
        {
            var (row, n) = (change.New[0].Text!, long.Parse(change.New[1].Text!, CultureInfo.InvariantCulture));
            Assert.Equal(_heard.GetValueOrDefault(row) + 1, n);
            _heard[row] = n;
        }
    }
}
