using System.Globalization;
using System.Text;
using Evolv.Platform.Data;

namespace Evolv.Bench.Load;

/// <summary>One question to the server, and the same one to the database.</summary>
/// <param name="Name">As it stands in the report.</param>
/// <param name="Caller">Who asks; role and claims of the statement.</param>
/// <param name="Sql">The server's own statement; <c>:n</c> is a random number.</param>
/// <param name="Request">The bytes of the request for a number.</param>
sealed record Scenario(string Name, Caller Caller, string Sql, Func<long, ReadOnlyMemory<byte>> Request);

static class Scenarios
{
    internal static IEnumerable<Scenario> Of(BenchWorld world)
    {
        foreach (var (name, filter, followees) in ((string, string, int)[])
        [
            ("get-feed all", "all", 200), ("get-feed following 20", "following", 20),
            ("get-feed following 200", "following", 200), ("get-feed following 2000", "following", 2000),
        ])
        {
            yield return Feed(world, name, filter, world.Followers[followees]);
        }

        yield return AddXp(world, "add-xp spread", world.Person, "('00000000-0000-4000-8000-' || lpad(to_hex(:n % " + world.People + " + 1), 12, '0'))::uuid");
        yield return AddXp(world, "add-xp one hot user", _ => world.Person(0), $"'{world.Person(0)}'::uuid");
        foreach (var scenario in RestScenarios.Of(world, world.Followers[20]))
            yield return scenario;
    }

    static Scenario Feed(BenchWorld world, string name, string filter, BenchPerson person)
    {
        var request = Encoding.ASCII.GetBytes(
            $"GET /functions/v1/get-feed?filter={filter}&limit=20 HTTP/1.1\r\nHost: bench\r\napikey: {world.PublishableKey}\r\nAuthorization: Bearer {person.AccessToken}\r\n\r\n");
        return new Scenario(
            name, person.Caller,
            $"select evolv.get_feed('{filter}', 20, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 1)",
            _ => request);
    }

    static Scenario AddXp(BenchWorld world, string name, Func<long, Guid> person, string sqlPerson) => new(
        name, Caller.Service,
        $"select data::text, replayed from evolv.add_xp({sqlPerson}, 5, 'quiz_completion', '{{}}', null)",
        number =>
        {
            var body = string.Create(CultureInfo.InvariantCulture, $$"""{"user_id":"{{person(number)}}","amount":5,"source":"quiz_completion"}""");
            return Encoding.ASCII.GetBytes(
                $"POST /functions/v1/add-xp HTTP/1.1\r\nHost: bench\r\napikey: {world.SecretKey}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        });
}
