using Evolv.Platform.Data;
using Evolv.Rest.Plan;
using Evolv.Rest.Query;
using Evolv.Rest.Request;
using Evolv.Rest.Response;
using Evolv.Rest.Token;

namespace Evolv.Rest;

/// <summary>
/// One request: who asks → <b>parse</b> (HTTP → intent) → <b>plan</b> (intent + schema → plan) → <b>query</b> (plan → SQL) →
/// <b>execute</b> (one round trip) → <b>write</b> (bytes of PostgreSQL's). Parse, plan and query are pure.
/// </summary>
sealed class RestPipeline(
    RestSnapshots snapshots, RestCallers callers, Executor executor, OpenApiExecutor openApi, TimeProvider time, ILogger<RestPipeline> logger)
{
    internal async Task HandleAsync(HttpContext context)
    {
        var snapshot = snapshots.Current;
        var config = snapshot.Config;
        var times = config.ServerTimingEnabled ? new StageTimes(time) : null;
        Caller? caller = null;
        try
        {
            if (config.ServerTraceHeader is { } trace)
                context.Response.Headers[trace] = context.Request.Headers[trace];
            caller = await callers.FindAsync(context, config, context.RequestAborted);
            times?.End();
            if (snapshot.Schema is null)
                throw RestError.NoSchemaCache();
            using var body = await RequestBody.ReadAsync(context.Request, config.Limits.MaxBodyBytes, context.RequestAborted);
            var request = RequestParser.Parse(context.Request, body.Memory, snapshot);
            times?.End();
            var plan = Planner.Plan(request, snapshot);
            times?.End();

            var session = SessionSettings.From(context.Request, request, plan, caller, config);
            var writer = new ResponseWriter(context.Response, request, plan);
            var exchange = new RestExchange(context.Response, request, config, caller, session, writer, times);
            await (plan switch
            {
                ActionPlan.Describe describe => exchange.DescribeAsync(describe.Allow),
                ActionPlan.Inspect inspect => openApi.WriteAsync(exchange, inspect, snapshot, context.RequestAborted),
                ActionPlan.Statement statement => executor.ExecuteAsync(
                    exchange, statement, Statements.Write(statement, request, config), context.RequestAborted),
                _ => throw new System.Diagnostics.UnreachableException(),
            });
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to answer.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            times?.End(context.Response);
            await RestErrorHandler.AnswerAsync(context, exception, config, caller, logger);
        }
    }
}
