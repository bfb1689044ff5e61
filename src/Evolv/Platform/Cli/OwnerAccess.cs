using Evolv.Platform.Data;
using Evolv.Platform.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform.Cli;

/// <summary>
/// The owner's connection for a verb: to the PostgreSQL of a running Evolv, or, when none runs, to one that is started and
/// migrated for this verb and stopped with it.
/// </summary>
sealed class OwnerAccess : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly bool _isOurs;

    OwnerAccess(WebApplication app, NpgsqlConnection connection, ConnectionStrings connectionStrings, bool isOurs)
        => (_app, Connection, ConnectionStrings, _isOurs) = (app, connection, connectionStrings, isOurs);

    internal NpgsqlConnection Connection { get; }

    internal ConnectionStrings ConnectionStrings { get; }

    internal static async Task<OwnerAccess> OpenAsync(WebApplication app, CancellationToken cancellationToken)
    {
        var (connectionStrings, isOurs) = await FindAsync(app, cancellationToken);
        return new OwnerAccess(
            app, await Migrator.OpenOwnerAsync(connectionStrings, cancellationToken), connectionStrings, isOurs);
    }

    /// <summary>The logins of a running Evolv, without starting anything; null when none runs here.</summary>
    internal static ConnectionStrings? FindRunning(WebApplication app)
    {
        var database = app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value;
        if (!string.IsNullOrEmpty(database.ConnectionString))
            return app.Services.GetRequiredService<Installation>().ConnectionStrings;
        var folder = DataFolder.Open(Installation.FolderOf(app.Services.GetRequiredService<IOptions<ServerOptions>>().Value));
        return folder.IsLocked && folder.ReadSecret() is { } secret
            ? ConnectionStrings.From(database, EmbeddedPostgres.OwnerOf(secret))
            : null;
    }

    /// <summary>The person with this address, as the database sees them when they are signed in.</summary>
    internal async Task<Caller> FindPersonAsync(string email, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select id from auth.users where lower(email) = lower($1)", Connection)
        {
            Parameters = { new() { Value = email } },
        };
        return await command.ExecuteScalarAsync(cancellationToken) is Guid id
            ? Caller.User(id)
            : throw new SetupException($"Nobody has the address {email}; sign up first, or leave --as out.");
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        if (_isOurs)
            await _app.Services.GetRequiredService<Installation>().DisposeAsync();
    }

    static async Task<(ConnectionStrings ConnectionStrings, bool IsOurs)> FindAsync(
        WebApplication app, CancellationToken cancellationToken)
    {
        if (FindRunning(app) is { } running)
            return (running, false);
        var installation = app.Services.GetRequiredService<Installation>();
        await installation.StartAsync(cancellationToken);
        return (installation.ConnectionStrings, true);
    }
}
