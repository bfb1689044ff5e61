using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Audit;

/// <summary>Section <c>Audit</c>: what keeps the audit log from being cut off unnoticed.</summary>
sealed partial class AuditOptions
{
    internal const string Section = "Audit";

    /// <summary>
    /// File to which the server writes where the audit log ends, every ten seconds in which something was added; a relative one is
    /// in the data folder. Best where nobody with SQL alone can write. Empty: none is written.
    /// </summary>
    [StringLength(4096)]
    public string HeadsFile { get; set; } = "audit-heads.jsonl";

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<AuditOptions>;
}
