using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Evolv.Platform.Data;
using Evolv.Platform.Postgres;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Platform.Data;

/// <summary>Behind a real PgBouncer in transaction mode, where every transaction may meet another server connection.</summary>
public sealed class PgBouncerTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Callers_keep_apart_when_they_share_two_server_connections()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var bouncer = await Bouncer.StartAsync(database.Connections.Pool);
        var connections = ConnectionStrings.From(
            new DatabaseOptions { PoolConnectionString = bouncer.ConnectionString, MaxAutoPrepare = 0, MaxPoolSize = 20 },
            database.Connections.Owner);
        await using var pool = NpgsqlDataSource.Create(connections.Pool);
        var door = new Database(pool);
        var people = new[] { await database.AddPersonAsync("ada"), await database.AddPersonAsync("bob") };

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var person = people[i % 2];
            if (i % 3 == 0)
            {
                await using var session = await door.BeginAsync(Caller.User(person), Token);
                await session.ExecuteAsync($"insert into posts (content) values ('hello')", Token);
                await session.CommitAsync(Token);
            }
            else
            {
                var (user, uid) = await door.QuerySingleAsync(
                    Caller.User(person), $"select current_user::text, auth.uid()", row => (row.GetString(0), row.GetGuid(1)), Token);
                Assert.Equal((Caller.AuthenticatedRole, person), (user, uid));
            }
        }));

        Assert.Equal(67L, await database.ScalarAsync<long>("select count(*) from posts"));
        Assert.Equal(34L, await database.ScalarAsync<long>($"select count(*) from posts where user_id = '{people[0]}'"));
        await database.AssertInvariantsAsync();
    }

    sealed class Bouncer(Process process, string folder, string connectionString) : IAsyncDisposable
    {
        internal string ConnectionString => connectionString;

        internal static async Task<Bouncer> StartAsync(NpgsqlConnectionStringBuilder server)
        {
            var folder = Directory.CreateTempSubdirectory("evolv-pgbouncer-").FullName;
            var port = DataFolder.FreePort();
            var file = Path.Combine(folder, "pgbouncer.ini");
            await File.WriteAllTextAsync(file,
                $"""
                [databases]
                evolv = host={server.Host} port={server.Port} dbname={server.Database} user={server.Username} password={server.Password}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = any
                pool_mode = transaction
                default_pool_size = 2
                ignore_startup_parameters = extra_float_digits
                """, Token);
            // It refuses to run as root, as PostgreSQL does.
            var start = PostgresUser.Wrap("pgbouncer", ["-q", file], folder);
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
            File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);
            var process = Process.Start(start)!;
            var bouncer = new Bouncer(process, folder, string.Create(CultureInfo.InvariantCulture,
                $"Host=127.0.0.1;Port={port};Username={server.Username};Password=any;Database=evolv"));
            while (!await AnswersAsync(port))
            {
                Assert.False(process.HasExited, "pgbouncer ended");
                await Task.Delay(50, Token);
            }

            return bouncer;
        }

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            Directory.Delete(folder, recursive: true);
        }

        static async Task<bool> AnswersAsync(int port)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, Token);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}
