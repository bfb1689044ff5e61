using System.Buffers;
using Evolv.Platform.Data;
using Evolv.Rest.Plan;
using Evolv.Rest.Query;
using Evolv.Rest.Request;

namespace Evolv.Rest.Response;

/// <summary>Answers the root with the OpenAPI document of what the caller may use.</summary>
sealed class OpenApiExecutor(Database database)
{
    internal async Task WriteAsync(
        RestExchange exchange, ActionPlan.Inspect plan, RestSnapshot snapshot, CancellationToken cancellationToken)
    {
        var mode = exchange.Config.OpenApiMode;
        var contents = await database.RunAsync(exchange.Caller, exchange.Session,
            [.. Statements.PreRequest(exchange.Config), .. OpenApiContents.Queries(mode, plan.Schema)],
            async (reader, token) =>
            {
                await Executor.SkipPreRequestAsync(exchange, reader, token);
                return await OpenApiContents.ReadAsync(reader, mode, snapshot.Schema!, plan.Schema, token);
            }, commits: null, cancellationToken);
        exchange.Times?.End();

        var body = new ArrayBufferWriter<byte>(64 * 1024);
        var http = exchange.Response.HttpContext.Request;
        OpenApiDocument.Write(body, exchange.Config, snapshot.Schema!, contents, $"{http.Scheme}://{http.Host}/rest/v1");
        exchange.Writer.BeginOther(MediaType.OpenApi, body.WrittenCount, plan.HeadersOnly);
        exchange.EndResponse();
        if (!plan.HeadersOnly)
            await exchange.Response.BodyWriter.WriteAsync(body.WrittenMemory, cancellationToken);
    }
}
