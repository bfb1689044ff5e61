using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Platform;

/// <summary>Settings without a section: where Evolv listens and keeps its data.</summary>
sealed partial class ServerOptions
{
    internal const string Section = "";

    /// <summary>Addresses to listen on, separated by semicolons.</summary>
    [Required]
    public string Urls { get; set; } = "http://127.0.0.1:54321";

    /// <summary>Folder of this installation; a relative one is below Evolv's own folder.</summary>
    [Required]
    public string Data { get; set; } = ".evolv";

    /// <summary>Loads the demo community at start.</summary>
    public bool Demo { get; set; }

    /// <summary>
    /// Brings the database to Evolv's schema at start. Without it /rest/v1 serves any existing database, as PostgREST would,
    /// and the rest of Evolv is not there.
    /// </summary>
    public bool Migrate { get; set; } = true;

    internal string[] ReadUrls() => Urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<ServerOptions>;
}
