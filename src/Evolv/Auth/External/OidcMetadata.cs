using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Evolv.Auth.External;

/// <summary>What an issuer says of itself: its addresses and its keys, remembered for half a day and asked for again when a key is unknown.</summary>
sealed class OidcMetadata
{
    // An unknown key is what anybody can make up: for it the issuer is not asked more often than this.
    static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(30);
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    readonly Issuers _issuers;
    readonly TimeProvider _time;
    readonly ConfigurationManager<OpenIdConnectConfiguration> _manager;
    long _refreshed;

    public OidcMetadata(string issuer, Issuers issuers, ProviderHttp http, TimeProvider time)
    {
        _issuers = issuers;
        _time = time;
        _manager = new ConfigurationManager<OpenIdConnectConfiguration>(
            $"{issuer.TrimEnd('/')}/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(), http,
            new Checked(this, http))
        {
            RefreshInterval = TimeSpan.FromSeconds(1), // The library's least; ours is below.
        };
    }

    /// <exception cref="ProviderFailure">The issuer says nothing, or nothing that makes sense.</exception>
    internal async Task<OpenIdConnectConfiguration> ReadAsync(CancellationToken cancellationToken)
    {
        // While one waits for a silent issuer the others wait for that one, but no longer than it would.
        using var patience = new CancellationTokenSource(ProviderHttp.Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await _manager.GetConfigurationAsync(either.Token);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or System.Text.Json.JsonException or IOException)
        {
            throw new ProviderFailure($"{_manager.MetadataAddress}: {exception.GetBaseException().Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProviderFailure($"{_manager.MetadataAddress} is still being waited for");
        }
    }

    /// <summary>Asks again because a token names a key that is not there. The same as before when there is nothing newer.</summary>
    internal async Task<OpenIdConnectConfiguration> ReadAgainAsync(OpenIdConnectConfiguration old, CancellationToken cancellationToken)
    {
        var last = Interlocked.Read(ref _refreshed);
        var now = _time.GetTimestamp();
        if (last != 0 && _time.GetElapsedTime(last, now) < RefreshInterval || Interlocked.CompareExchange(ref _refreshed, now, last) != last)
            return old;
        _manager.RequestRefresh(); // In the background; it says nothing when it is done.
        for (var waited = TimeSpan.Zero; waited < ProviderHttp.Patience; waited += Look)
        {
            var current = await ReadAsync(cancellationToken);
            if (!ReferenceEquals(current, old))
                return current;
            await Task.Delay(Look, _time, cancellationToken);
        }

        return old;
    }

    /// <summary>Refuses what an issuer says of another, and addresses where nobody should go.</summary>
    sealed class Checked(OidcMetadata of, ProviderHttp http) : IConfigurationValidator<OpenIdConnectConfiguration>
    {
        public ConfigurationValidationResult Validate(OpenIdConnectConfiguration configuration)
        {
            var wrong = configuration switch
            {
                _ when !of._issuers.IsOwnName(configuration.Issuer) => "it speaks for another issuer",
                _ when !http.Allows(configuration.AuthorizationEndpoint) => "authorization_endpoint is missing or not safe",
                _ when !http.Allows(configuration.TokenEndpoint) => "token_endpoint is missing or not safe",
                { UserInfoEndpoint.Length: > 0 } when !http.Allows(configuration.UserInfoEndpoint) => "userinfo_endpoint is not safe",
                { SigningKeys.Count: 0 } => "it has no keys",
                _ => null,
            };
            return new ConfigurationValidationResult { Succeeded = wrong is null, ErrorMessage = wrong };
        }
    }
}
