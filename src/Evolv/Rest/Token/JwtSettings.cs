using Microsoft.Extensions.Options;

namespace Evolv.Rest.Token;

/// <summary>Tries <c>JwtSecret</c> and <c>JwtRoleClaimKey</c> at start, so that a mistake in them does not wait for the first token.</summary>
sealed class JwtSettings : IValidateOptions<RestOptions>
{
    public ValidateOptionsResult Validate(string? name, RestOptions options)
    {
        var failures = new List<string>();
        Try(nameof(options.JwtRoleClaimKey), () => ClaimPath.Parse(options.JwtRoleClaimKey));
        if (!string.IsNullOrEmpty(options.JwtSecret))
        {
            var config = new JwtConfig(options.JwtSecret, options.JwtSecretIsBase64, options.JwtAud, options.JwtRoleClaimKey);
            Try(nameof(options.JwtSecret), () => JwtKeys.Read(config));
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;

        void Try(string property, Action read)
        {
            try
            {
                read();
            }
            catch (FormatException exception)
            {
                failures.Add($"{property}: {exception.Message}");
            }
        }
    }
}
