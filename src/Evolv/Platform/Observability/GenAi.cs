namespace Evolv.Platform.Observability;

/// <summary>
/// OpenTelemetry's names for generative AI. They live in open-telemetry/semantic-conventions-genai and are still in development, so
/// they are here and nowhere else.
/// </summary>
static class GenAi
{
    internal const string TokenUsage = "gen_ai.client.token.usage";
    internal const string OperationDuration = "gen_ai.client.operation.duration";

    internal const string ProviderName = "gen_ai.provider.name";
    internal const string OperationName = "gen_ai.operation.name";
    internal const string RequestModel = "gen_ai.request.model";
    internal const string TokenType = "gen_ai.token.type";
    internal const string ErrorType = "error.type";

    internal const string Xai = "x_ai";
    internal const string Chat = "chat";
    internal const string Input = "input";
    internal const string Output = "output";
}
