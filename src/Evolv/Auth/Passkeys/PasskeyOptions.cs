using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Passkeys;

/// <summary>Section <c>Auth:Passkeys</c>: signing in with what unlocks a device, or with a security key (WebAuthn).</summary>
sealed partial class PasskeyOptions
{
    internal const string Section = "Auth:Passkeys";

    /// <summary>Whether people may add passkeys and sign in with them.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// The domain that passkeys belong to: that of the front end, or one above it. Without a value the host of Auth:SiteUrl, <c>localhost</c> for the loopback. Browsers have none for other bare IP addresses, so there passkeys are
    /// off. Whoever changes it later makes all passkeys useless.
    /// </summary>
    [RegularExpression("^$|^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", ErrorMessage = "Auth:Passkeys:RpId is a domain in lower-case letters, such as example.com, without https:// and without a port.")]
    public string RpId { get; set; } = "";

    /// <summary>How this installation is called where a passkey is made. Without a value Auth:Mail:SiteName.</summary>
    public string RpName { get; set; } = "";

    /// <summary>
    /// Where passkeys may be used, separated by commas: origins such as <c>https://app.example.com</c> or, of Android apps, <c>android:apk-key-hash:…</c>. Without a value the origin of Auth:SiteUrl. Where RpId is <c>localhost</c>, every
    /// port of it may, too.
    /// </summary>
    [RegularExpression($@"^\s*$|^\s*{Origin}\s*(,\s*{Origin}\s*)*$",
        ErrorMessage = "Auth:Passkeys:Origins are such as https://app.example.com, in lower-case letters, without a path, separated by commas.")]
    public string Origins { get; set; } = "";

    /// <summary>How long somebody may take to use a passkey, in seconds.</summary>
    [Range(30, 3600)]
    public int ChallengeExpirySeconds { get; set; } = 300;

    /// <summary>Whether a finger, a face or a PIN must be shown each time. Otherwise it is asked for, and who has a security key without one gets in by touching it.</summary>
    public bool RequireUserVerification { get; set; }

    const string Origin = @"(https?://[a-z0-9.-]+(:\d{1,5})?|android:apk-key-hash:[A-Za-z0-9_-]{43})";

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<PasskeyOptions>;
}
