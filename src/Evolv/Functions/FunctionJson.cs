using System.Text.Encodings.Web;
using System.Text.Json;

namespace Evolv.Functions;

static class FunctionJson
{
    /// <summary>Answers are read as JSON and never placed into HTML, so quotes and letters of any script stay readable.</summary>
    internal static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
