using System.Text.Json.Serialization;

namespace Evolv.Platform.Lint;

/// <summary>How much a finding matters, least first.</summary>
enum LintLevel
{
    [JsonStringEnumMemberName("INFO")]
    Info,

    [JsonStringEnumMemberName("WARN")]
    Warn,

    [JsonStringEnumMemberName("ERROR")]
    Error,
}
