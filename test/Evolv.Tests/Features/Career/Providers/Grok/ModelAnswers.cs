using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>Texts of a model: what the schema asks for, but for what a test wants otherwise.</summary>
static class ModelAnswers
{
    internal static string Of(JsonElement request, Action<JsonObject> change)
    {
        var answer = JsonNode.Parse(SchemaSample.Of(request.GetProperty("response_format").GetProperty("json_schema").GetProperty("schema")))!.AsObject();
        change(answer);
        return answer.ToJsonString(GrokWorld.Readable);
    }
}
