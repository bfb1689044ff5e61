using System.Text.Json.Serialization;
using Evolv.Auth.Endpoints;
using Evolv.Auth.Grants;
using Evolv.Auth.Tokens;

namespace Evolv.Auth;

/// <summary>Every wire type of /auth/v1.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TokenHeader))]
[JsonSerializable(typeof(AccessTokenClaims))]
[JsonSerializable(typeof(AuthUser))]
[JsonSerializable(typeof(SessionResponse))]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(Signup.Request), TypeInfoPropertyName = "SignupRequest")]
[JsonSerializable(typeof(PasswordGrant.Request), TypeInfoPropertyName = "PasswordRequest")]
[JsonSerializable(typeof(RefreshTokenGrant.Request), TypeInfoPropertyName = "RefreshRequest")]
[JsonSerializable(typeof(User.UpdateRequest), TypeInfoPropertyName = "UserUpdateRequest")]
[JsonSerializable(typeof(Settings.Response), TypeInfoPropertyName = "SettingsResponse")]
[JsonSerializable(typeof(Health.Response), TypeInfoPropertyName = "HealthResponse")]
sealed partial class AuthJson : JsonSerializerContext;
