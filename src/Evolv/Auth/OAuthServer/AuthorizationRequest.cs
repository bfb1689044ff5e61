using System.Text;

namespace Evolv.Auth.OAuthServer;

/// <summary>What a client asks for with a browser that it sends to /oauth/authorize.</summary>
sealed record AuthorizationRequest(
    string RedirectUri, string Scope, string? State, string? Resource, string CodeChallenge, string? Nonce)
{
    const int LongestState = 4096;
    const int LongestNonce = 255;
    const int LongestResource = 2048;

    static readonly string[] Names =
        ["response_type", "scope", "state", "resource", "code_challenge", "code_challenge_method", "nonce"];

    /// <summary>The state that errors carry back; null where it is not one.</summary>
    internal static string? StateOf(IQueryCollection query)
        => query["state"] is [{ Length: > 0 and <= LongestState } state] ? state : null;

    /// <summary>Reads the rest, once client and address are known to be good.</summary>
    /// <returns>The request, or what is wrong with it, in GoTrue's words where it has some.</returns>
    internal static (AuthorizationRequest? Request, string? Problem) Read(IQueryCollection query, string redirectUri)
    {
        if (Names.FirstOrDefault(name => query[name].Count > 1) is { } repeated)
            return (null, $"{repeated} must be given once");
        string? Text(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;
        var request = new AuthorizationRequest(
            redirectUri, string.Join(' ', Scopes.Split(Text("scope") ?? Scopes.Default)), Text("state"), Text("resource"),
            Text("code_challenge") ?? "", Text("nonce"));
        return request.Problem(Text("response_type"), Text("code_challenge_method")) is { } problem ? (null, problem) : (request, null);
    }

    string? Problem(string? responseType, string? challengeMethod)
    {
        if (responseType is not (null or "code"))
            return "only response_type=code is supported";
        if (Scope.Length == 0)
            return "scope parameter cannot be empty";
        if (Scopes.Split(Scope).Except(Scopes.Supported).FirstOrDefault() is { } unknown)
            return $"unsupported scope: {unknown}";
        if (State is not null && Encoding.UTF8.GetByteCount(State) > LongestState)
            return $"state must not exceed {LongestState} bytes";
        if (Nonce is { Length: > LongestNonce })
            return $"nonce must not exceed {LongestNonce} characters";
        if (new[] { State, Nonce, Resource }.Any(text => text?.Contains('\0', StringComparison.Ordinal) == true))
            return "a parameter has a NUL";
        if (Resource is not null && ProblemOfResource(Resource) is { } problem)
            return problem;
        if (CodeChallenge.Length == 0 || challengeMethod is null)
            return "PKCE flow requires both code_challenge and code_challenge_method";
        if (!challengeMethod.Equals("S256", StringComparison.OrdinalIgnoreCase))
            return "code_challenge_method must be 'S256'"; // GoTrue takes plain, too, which keeps nothing from who reads the address.
        return Flows.CodeChallenge.IsWellFormed(CodeChallenge) ? null : "code_challenge must be between 43 and 128 characters";
    }

    // RFC 8707.
    static string? ProblemOfResource(string resource)
    {
        if (resource.Length > LongestResource || !Ascii.IsValid(resource) || !Uri.TryCreate(resource, UriKind.Absolute, out var uri))
            return "resource must be an absolute URI";
        if (resource.Contains('#', StringComparison.Ordinal))
            return "resource must not include a fragment component";
        return uri.Query.Length > 0 ? "resource must not include a query component" : null;
    }
}
