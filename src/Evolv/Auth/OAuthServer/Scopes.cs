namespace Evolv.Auth.OAuthServer;

/// <summary>What a client may ask to know of a person (GoTrue's four). They choose claims of ID tokens and of userinfo, and nothing else.</summary>
static class Scopes
{
    internal const string OpenId = "openid";
    internal const string Email = "email";
    internal const string Profile = "profile";
    internal const string Phone = "phone";

    /// <summary>What is meant by a client that names none.</summary>
    internal const string Default = Email;

    internal static string[] Supported { get; } = [OpenId, Profile, Email, Phone];

    /// <summary>Each once, in the order in which they were named.</summary>
    internal static string[] Split(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];

    /// <summary>Whether all that is wanted was granted.</summary>
    internal static bool Cover(string granted, string wanted) => !Split(wanted).Except(Split(granted)).Any();
}
