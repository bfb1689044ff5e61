namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/health. The name is what clients and probes of Supabase look for.</summary>
static class Health
{
    internal sealed record Response(string Version, string Name, string Description);

    static readonly Response Answer = new(
        $"evolv-{typeof(Health).Assembly.GetName().Version?.ToString(3)}", "GoTrue",
        "GoTrue is a user registration and authentication API");

    internal static IResult Handle() => TypedResults.Json(Answer, AuthJson.Default.HealthResponse);
}
