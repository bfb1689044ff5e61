using Evolv.Platform;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Auth;

/// <summary>Deletes what is over: flows and tokens that nobody ended, mails that were caught or sent, sessions past their limit.</summary>
sealed class Upkeep(
    Database database, IOptions<AuthOptions> options, IOptions<ServerOptions> server, TimeProvider time, ILogger<Upkeep> logger) : BackgroundService
{
    static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!server.Value.Migrate)
            return;
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            do
            {
                try
                {
                    await CleanAsync(stoppingToken);
                }
                catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
                {
                    logger.UpkeepPutOff(exception.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    internal Task CleanAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        DateTimeOffset? idleSince = options.Value.SessionInactivitySeconds is > 0 and var longest ? now.AddSeconds(-longest) : null;
        return database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            with tokens as (
                delete from auth.one_time_tokens where expires_at < {now.AddDays(-1)}
            ),
            flows as (
                delete from auth.flow_state f
                where f.created_at < {now.AddDays(-1)} and not exists (select from auth.one_time_tokens t where t.flow_state_id = f.id)
            ),
            mails as (
                delete from auth.mails
                where status = 'caught' and created_at < {now.AddDays(-1)} or status in ('sent', 'failed') and created_at < {now.AddDays(-30)}
            ),
            sessions as (
                delete from auth.sessions
                where not_after < {now} or coalesce(refreshed_at, created_at) < {idleSince}
            ),
            refreshed as (
                delete from auth.refresh_tokens t
                where t.revoked and t.updated_at < {now.AddDays(-30)}
                    and not exists (select from auth.refresh_tokens c where c.session_id = t.session_id and c.parent = t.token and not c.revoked)
            ),
            challenges as (
                delete from auth.mfa_challenges where created_at < {now.AddDays(-1)}
            ),
            ceremonies as (
                delete from auth.webauthn_challenges where expires_at < {now.AddHours(-1)} -- until then it is told apart from one that never was
            ),
            authorizations as (
                -- A code that was redeemed is known for a day: who tries it again ends what it gave.
                delete from auth.oauth_authorizations where expires_at < {now} and redeemed_at is null or expires_at < {now.AddDays(-1)}
            ),
            clients as (
                -- Anybody may make those where that is allowed; one that nobody ever let in is forgotten.
                delete from auth.oauth_clients c
                where c.registration_type = 'dynamic' and c.updated_at < {now.AddDays(-30)}
                    and not exists (select from auth.oauth_consents g where g.client_id = c.id)
            )
            select true
            """, row => row.GetBoolean(0), cancellationToken);
    }
}
