using System.Globalization;
using System.Text;
using System.Text.Json;
using Evolv.Bench.Load;
using Evolv.Features.Career.Occupations;
using Evolv.Functions;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Bench.Career;

/// <summary>A server with the demo community, more learning paths, and people who have skills and ask about careers.</summary>
sealed class CareerWorld : IAsyncDisposable
{
    const int PeopleCount = 2000;

    CareerWorld(BenchWorld world, NpgsqlConnection owner, TokenSigner signer, OccupationCatalog catalog)
        => (World, Owner, Signer, Catalog) = (world, owner, signer, catalog);

    internal BenchWorld World { get; }

    internal NpgsqlConnection Owner { get; }

    internal TokenSigner Signer { get; }

    internal OccupationCatalog Catalog { get; }

    /// <summary>How many learning paths there are.</summary>
    internal long Paths { get; private set; }

    internal static async Task<CareerWorld> StartAsync(int paths, params (string Name, string Value)[] settings)
    {
        var world = await BenchWorld.StartAsync(PeopleCount, items: 5000, settings);
        var owner = await world.OpenOwnerAsync();
        await DemoData.LoadAsync(owner, password => password, CancellationToken.None);
        foreach (var statement in SqlScript.Split(Prepare.Replace(":paths", paths.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)))
        {
            await using var command = new NpgsqlCommand(statement.Text, owner) { CommandTimeout = 600 };
            await command.ExecuteNonQueryAsync();
        }

        await using var read = new NpgsqlCommand("select evolv.occupation_catalog('US')::text", owner);
        var catalog = OccupationCatalog.Read(Encoding.UTF8.GetBytes((string)(await read.ExecuteScalarAsync())!));
        var made = new CareerWorld(world, owner, await TokenSigner.OfAsync(world, owner), catalog);
        made.Paths = await made.CountAsync("public.learning_paths where is_active");
        return made;
    }

    // Everybody has five skills, of which a third are verified; a path teaches three. All agree that the provider is asked.
    const string Prepare =
        """
        insert into public.user_skills (user_id, skill_id, claimed_level, verified, verified_level, verified_at)
        select p.id, k.id, 'intermediate', k.nth % 3 = 0, case when k.nth % 3 = 0 then 'intermediate' end, case when k.nth % 3 = 0 then now() end
        from public.profiles p
        cross join lateral (
            select s.id, row_number() over (order by hashtext(s.slug || p.id)) as nth from public.skills s order by 2 limit 5
        ) k
        on conflict do nothing;

        insert into public.learning_paths (title, difficulty_level, duration_hours, rating, skills_covered)
        select 'Path ' || n, 'beginner', 5 + n % 40, n % 6, array(select s.name from public.skills s order by hashtext(s.slug || n) limit 3)
        from generate_series(1, :paths) n;

        insert into public.ai_consents (user_id)
        select id
        from public.profiles;

        vacuum (analyze);
        """;

    /// <summary>The request of a person, as it goes over the wire.</summary>
    internal byte[] Request(string function, Guid person, object body)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, FunctionJson.Options);
        return
        [
            .. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"POST /functions/v1/{function} HTTP/1.1\r\nHost: bench\r\napikey: {World.PublishableKey}\r\nAuthorization: Bearer {Signer.Token(person)}\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n")),
            .. json,
        ];
    }

    /// <summary>Until the server's workers have seen everything that was asked so far.</summary>
    internal async Task RestAsync()
    {
        while (await CountAsync("evolv.pending_events") > 0)
            await Task.Delay(100);
    }

    internal async Task<long> CountAsync(string table)
    {
        await using var command = new NpgsqlCommand($"select count(*) from {table}", Owner);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await Owner.DisposeAsync();
        await World.DisposeAsync();
    }
}
