namespace Evolv.Rest.Response;

sealed class OpenApiExecutor
{
    internal Task WriteAsync(RestExchange exchange, Plan.ActionPlan.Inspect plan, RestSnapshot snapshot, CancellationToken cancellationToken)
        => throw RestError.Internal();
}
