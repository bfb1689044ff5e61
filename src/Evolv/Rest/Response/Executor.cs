using System.Text;
using Evolv.Platform.Data;
using Evolv.Rest.Plan;
using Evolv.Rest.Query;
using Evolv.Rest.Request;
using Npgsql;

namespace Evolv.Rest.Response;

/// <summary>
/// Runs a statement and writes its answer. A read is copied to the client as it comes; a write is answered after its commit.
/// </summary>
sealed class Executor(Database database, ILogger<Executor> logger)
{
    const int PieceSize = 16 * 1024;
    const int HeldInMemory = 512 * 1024;

    // For what is held.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    internal Task ExecuteAsync(RestExchange exchange, ActionPlan.Statement plan, SqlWriter statement, CancellationToken cancellationToken)
        => plan switch
        {
            { MediaType: MediaType.Plan } => ExplainAsync(exchange, plan, statement, cancellationToken),
            // At another level than read committed, the commit of a read may fail, too.
            { ReadOnly: true } when exchange.Session.Isolation is null => ReadAsync(exchange, plan, statement, cancellationToken),
            _ => WriteAsync(exchange, plan, statement, cancellationToken),
        };

    async Task ReadAsync(RestExchange exchange, ActionPlan.Statement plan, SqlWriter statement, CancellationToken cancellationToken)
    {
        var preferences = exchange.Request.Preferences;
        var estimates = preferences.Estimates && plan is ActionPlan.Read;
        NpgsqlBatchCommand[] estimate = estimates ? [Statements.Estimate(plan.Rows).ToCommand()] : [];
        var hasBody = await database.RunAsync(
            exchange.Caller, exchange.Session, [.. Statements.PreRequest(exchange.Config), .. estimate, statement.ToCommand()],
            async (reader, token) =>
            {
                await SkipPreRequestAsync(exchange, reader, token);
                var estimated = estimates ? await ResultSet.ReadEstimateAsync(reader, token) : null;
                var result = await ResultSet.ReadAsync(reader, token);
                Check(plan, exchange.Request, result);
                result = result with { Total = Total(result.Total, estimated, preferences.Count, exchange.Config.MaxRows) };
                await using var body = await ResultSet.ReadBodyAsync(reader, token);
                exchange.Times?.End();
                var sendsBody = exchange.Writer.Begin(plan, result, body.Length);
                exchange.EndResponse();
                if (sendsBody)
                {
                    // From here on an error can only end the connection.
                    await exchange.Response.StartAsync(token);
                    await CopyAsync(body, exchange.Response, token);
                }

                return sendsBody;
            }, RollsBack(exchange.Request, exchange.Config) ? _ => false : null, cancellationToken);
        // What was written after the first flush, Kestrel keeps until somebody flushes again.
        if (hasBody)
            await exchange.Response.BodyWriter.FlushAsync(cancellationToken);
    }

    async Task WriteAsync(RestExchange exchange, ActionPlan.Statement plan, SqlWriter statement, CancellationToken cancellationToken)
    {
        var request = exchange.Request;
        var rollsBack = RollsBack(request, exchange.Config);
        NpgsqlBatchCommand[] end = rollsBack ? [new("set constraints all immediate")] : [];
        // The result decides only where it can be wrong; otherwise one round trip does it all.
        var decides = rollsBack || plan.MediaType is MediaType.Singular ||
            request.Preferences is { IsStrict: true, MaxAffected: not null } || plan is ActionPlan.Mutate { Mutation: Mutation.SingleUpsert };
        var (result, body) = await database.RunAsync(
            exchange.Caller, exchange.Session, [.. Statements.PreRequest(exchange.Config), statement.ToCommand(), .. end],
            async (reader, token) =>
            {
                await SkipPreRequestAsync(exchange, reader, token);
                var result = await ResultSet.ReadAsync(reader, token);
                Check(plan, request, result);
                await using var stream = await ResultSet.ReadBodyAsync(reader, token);
                var body = new byte[stream.Length];
                await stream.ReadExactlyAsync(body, token);
                return (result, body);
            }, decides ? _ => !rollsBack : null, cancellationToken);
        exchange.Times?.End();
        if (plan is ActionPlan.Call)
            result = result with { Total = Total(result.Total, null, request.Preferences.Count, exchange.Config.MaxRows) };
        var sendsBody = exchange.Writer.Begin(plan, result, body.Length);
        exchange.EndResponse();
        if (sendsBody)
            await exchange.Response.BodyWriter.WriteAsync(body, cancellationToken);
    }

    /// <summary>EXPLAIN instead of rows.</summary>
    async Task ExplainAsync(RestExchange exchange, ActionPlan.Statement plan, SqlWriter statement, CancellationToken cancellationToken)
    {
        var text = await database.RunAsync(
            exchange.Caller, exchange.Session, [.. Statements.PreRequest(exchange.Config), statement.ToCommand()],
            async (reader, token) =>
            {
                await SkipPreRequestAsync(exchange, reader, token);
                var lines = new StringBuilder();
                while (await reader.ReadAsync(token))
                    lines.Append(reader.GetString(0)).Append('\n');
                return lines.ToString();
            }, RollsBack(exchange.Request, exchange.Config) ? _ => false : null, cancellationToken);
        exchange.Times?.End();
        var body = Encoding.UTF8.GetBytes(text);
        exchange.Writer.BeginOther(plan.MediaType, body.Length, headersOnly: false);
        exchange.EndResponse();
        await exchange.Response.BodyWriter.WriteAsync(body, cancellationToken);
    }

    // Only a flush waits for the client. So a usual answer goes to memory and frees its connection to PostgreSQL at once; a
    // large one is held up by its client, who must then go on reading. The server's own least speed would not do: it allows
    // minutes for what the system's buffers have taken at once.
    async Task CopyAsync(Stream body, HttpResponse response, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writer = response.BodyWriter;
        var unflushed = 0;
        try
        {
            while (await body.ReadAsync(writer.GetMemory(PieceSize), cancellationToken) is var read and > 0)
            {
                writer.Advance(read);
                unflushed += read;
                if (unflushed < HeldInMemory)
                    continue;
                unflushed = 0;
                patience.CancelAfter(Patience);
                await writer.FlushAsync(patience.Token);
                patience.CancelAfter(Timeout.InfiniteTimeSpan);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            string path = response.HttpContext.Request.Path;
            logger.RestClientTooSlow(path);
            response.HttpContext.Abort();
        }
    }

    internal static async Task SkipPreRequestAsync(RestExchange exchange, NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        if (exchange.Config.PreRequest is not null)
            await reader.NextResultAsync(cancellationToken);
    }

    static bool RollsBack(ApiRequest request, RestConfig config) => request.Preferences.Transaction switch
    {
        TransactionEnd.Rollback => true,
        TransactionEnd.Commit => false,
        _ => config.RollbackAll,
    };

    static long? Total(long? counted, long? estimate, CountKind? kind, int? maxRows) => kind switch
    {
        CountKind.Planned => estimate,
        CountKind.Estimated when maxRows is null || counted > maxRows => Math.Max(counted ?? 0, estimate ?? 0),
        _ => counted,
    };

    static void Check(ActionPlan.Statement plan, ApiRequest request, ResultSet result)
    {
        if (plan is ActionPlan.Mutate { Mutation: Mutation.SingleUpsert })
        {
            if (result.Rows != 1)
                throw RestError.PutPayload();
            return;
        }

        if (plan.MediaType is MediaType.Singular && result.Rows != 1)
            throw RestError.NotOneRow(result.Rows);
        if (request.Preferences is { IsStrict: true, MaxAffected: { } most } && result.Rows > most &&
            plan is ActionPlan.Call or ActionPlan.Mutate { Mutation: Mutation.Update or Mutation.Delete })
            throw RestError.MaxAffected(result.Rows);
    }
}
