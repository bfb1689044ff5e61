using System.Security.Cryptography;
using System.Text;
using Evolv.Auth.Flows;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Auth.OAuthServer;

/// <summary>A tool that people sign in to with their account here: a row of <c>auth.oauth_clients</c>.</summary>
sealed record OAuthClient(
    Guid Id, string? SecretHash, string RegistrationType, string ClientType, string AuthMethod, string[] RedirectUris, string[] GrantTypes,
    string? Name, string? Uri, string? LogoUri, DateTime CreatedAt, DateTime UpdatedAt)
{
    internal const string Public = "public";
    internal const string Confidential = "confidential";
    internal const string Manual = "manual";
    internal const string Dynamic = "dynamic";
    internal const string Basic = "client_secret_basic";
    internal const string Post = "client_secret_post";
    internal const string None = "none";
    internal const string AuthorizationCode = "authorization_code";
    internal const string RefreshToken = "refresh_token";

    const int SecretBytes = 32;

    internal static string[] AuthMethods { get; } = [None, Basic, Post];

    /// <summary>The columns that <see cref="Read"/> expects, of <c>auth.oauth_clients c</c>.</summary>
    internal static Sql Columns { get; } =
        $"""
        c.id, c.client_secret_hash, c.registration_type, c.client_type, c.token_endpoint_auth_method, c.redirect_uris, c.grant_types,
        c.client_name, c.client_uri, c.logo_uri, c.created_at, c.updated_at
        """;

    internal bool IsPublic => ClientType == Public;

    internal static OAuthClient Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetText(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetFieldValue<string[]>(5),
        row.GetFieldValue<string[]>(6), row.GetText(7), row.GetText(8), row.GetText(9), row.GetDateTime(10), row.GetDateTime(11));

    internal static Task<OAuthClient?> FindAsync(Database database, Guid id, CancellationToken cancellationToken)
        => database.QuerySingleAsync(
            Caller.AuthAdmin, $"select {Columns} from auth.oauth_clients c where c.id = {id}", Read, cancellationToken);

    internal static string NewSecret()
        => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Whether it is the client's secret. Takes the same time for every guess.</summary>
    internal bool HasSecret(string secret)
        => SecretHash is not null &&
            CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Secret.Hash(secret)), Encoding.ASCII.GetBytes(SecretHash));
}

/// <summary>A client as a person is shown it.</summary>
sealed record ClientDetails(Guid Id, string? Name, string? Uri, string? LogoUri);
