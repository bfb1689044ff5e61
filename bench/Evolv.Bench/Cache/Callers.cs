using System.Text;
using Evolv.Bench.Load;
using Npgsql;

namespace Evolv.Bench.Cache;

/// <summary>People who call, with something to look at: XP, learning paths and posts to like.</summary>
sealed class Callers
{
    readonly BenchWorld _world;
    readonly string[] _tokens;

    Callers(BenchWorld world, string[] tokens, Guid[] paths, Guid[] posts)
    {
        (_world, _tokens, Paths, Posts) = (world, tokens, paths, posts);
    }

    internal Guid[] Paths { get; }

    internal Guid[] Posts { get; }

    internal static async Task<Callers> OfAsync(BenchWorld world, int count)
    {
        await using var owner = await world.OpenOwnerAsync();
        await using (var fill = new NpgsqlCommand(
            """
            insert into public.learning_paths (title, difficulty_level, instructor_id)
            select 'Path ' || n, 'beginner', null from generate_series(1, 200) n;

            insert into public.learning_path_steps (path_id, order_num, title, step_type, description)
            select p.id, n, 'Step ' || n, 'lesson', repeat('What is learned here. ', 10) from public.learning_paths p, generate_series(1, 12) n;

            set request.jwt.claims = '{"role":"service_role"}';
            select count(a) from generate_series(1, 1000) n
            cross join lateral evolv.add_xp(
                ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1 + n * 7919 % 5000, 'quiz_completion', '{}', null) a;
            reset request.jwt.claims;
            """, owner)
        { CommandTimeout = 600 })
        {
            await fill.ExecuteNonQueryAsync();
        }

        var signer = await TokenSigner.OfAsync(world, owner);
        return new Callers(
            world, [.. Enumerable.Range(0, count).Select(i => signer.Token(world.Person(i * 37)))],
            await IdsAsync(owner, "select array_agg(id) from public.learning_paths"),
            await IdsAsync(owner, "select array_agg(id) from (select id from public.posts where visibility = 'public' order by created_at desc limit 500) p"));
    }

    /// <summary>The bytes of a GET by one of the callers.</summary>
    internal byte[] Get(long caller, string path)
        => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: bench\r\napikey: {_world.PublishableKey}\r\nAuthorization: Bearer {_tokens[caller % _tokens.Length]}\r\n\r\n");

    /// <summary>The bytes of a POST by one of the callers.</summary>
    internal byte[] Post(long caller, string path, string json, string header = "Accept: application/json")
        => Post(path, json, $"Authorization: Bearer {_tokens[caller % _tokens.Length]}\r\n{header}", _world.PublishableKey);

    /// <summary>The bytes of a POST by a trusted back end.</summary>
    internal byte[] PostAsService(string path, string json) => Post(path, json, "Accept: application/json", _world.SecretKey);

    static byte[] Post(string path, string json, string header, string key)
        => Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: bench\r\napikey: {key}\r\n{header}\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}");

    static async Task<Guid[]> IdsAsync(NpgsqlConnection owner, string sql)
    {
        await using var command = new NpgsqlCommand(sql, owner);
        return (Guid[])(await command.ExecuteScalarAsync())!;
    }
}
