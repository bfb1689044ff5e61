using System.Text.Json.Serialization;
using Evolv.Auth.Endpoints;
using Evolv.Auth.Grants;
using Evolv.Auth.OAuthServer;
using Evolv.Auth.Passkeys;
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
[JsonSerializable(typeof(AuthUser))]
[JsonSerializable(typeof(SessionResponse))]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(Signup.Request), TypeInfoPropertyName = "SignupRequest")]
[JsonSerializable(typeof(Invite.Request), TypeInfoPropertyName = "InviteRequest")]
[JsonSerializable(typeof(AdminGenerateLink.Request), TypeInfoPropertyName = "GenerateLinkRequest")]
[JsonSerializable(typeof(Otp.Request), TypeInfoPropertyName = "OtpRequest")]
[JsonSerializable(typeof(Recover.Request), TypeInfoPropertyName = "RecoverRequest")]
[JsonSerializable(typeof(Resend.Request), TypeInfoPropertyName = "ResendRequest")]
[JsonSerializable(typeof(List<MailCatcher.Mail>), TypeInfoPropertyName = "ListMail")]
[JsonSerializable(typeof(Verify.FirstOfTwo), TypeInfoPropertyName = "FirstOfTwo")]
[JsonSerializable(typeof(Verify.Request), TypeInfoPropertyName = "VerifyRequest")]
[JsonSerializable(typeof(PasswordGrant.Request), TypeInfoPropertyName = "PasswordRequest")]
[JsonSerializable(typeof(RefreshTokenGrant.Request), TypeInfoPropertyName = "RefreshRequest")]
[JsonSerializable(typeof(PkceGrant.Request), TypeInfoPropertyName = "PkceRequest")]
[JsonSerializable(typeof(IdTokenGrant.Request), TypeInfoPropertyName = "IdTokenRequest")]
[JsonSerializable(typeof(Authorize.Response), TypeInfoPropertyName = "AuthorizeResponse")]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
[JsonSerializable(typeof(User.UpdateRequest), TypeInfoPropertyName = "UserUpdateRequest")]
[JsonSerializable(typeof(Settings.Response), TypeInfoPropertyName = "SettingsResponse")]
[JsonSerializable(typeof(Health.Response), TypeInfoPropertyName = "HealthResponse")]
[JsonSerializable(typeof(Factors.EnrollRequest))]
[JsonSerializable(typeof(Factors.EnrollResponse))]
[JsonSerializable(typeof(Factors.UnenrollResponse))]
[JsonSerializable(typeof(FactorChallenge.Response), TypeInfoPropertyName = "ChallengeResponse")]
[JsonSerializable(typeof(FactorVerify.Request), TypeInfoPropertyName = "FactorVerifyRequest")]
[JsonSerializable(typeof(FactorsRecoveryCodes.Status), TypeInfoPropertyName = "RecoveryCodesStatus")]
[JsonSerializable(typeof(FactorsRecoveryCodes.Generated), TypeInfoPropertyName = "RecoveryCodesGenerated")]
[JsonSerializable(typeof(FactorsRecoveryCodes.VerifyRequest), TypeInfoPropertyName = "RecoveryCodesVerifyRequest")]
[JsonSerializable(typeof(Passkey))]
[JsonSerializable(typeof(List<Passkey>), TypeInfoPropertyName = "ListPasskey")]
[JsonSerializable(typeof(PasskeyRegistration.OptionsResponse), TypeInfoPropertyName = "PasskeyOptionsResponse")]
[JsonSerializable(typeof(PasskeyRegistration.VerifyRequest), TypeInfoPropertyName = "PasskeyVerifyRequest")]
[JsonSerializable(typeof(UserPasskeys.RenameRequest), TypeInfoPropertyName = "PasskeyRenameRequest")]
[JsonSerializable(typeof(List<UserSessions.Session>), TypeInfoPropertyName = "SessionList")]
[JsonSerializable(typeof(AdminUserRequest))]
[JsonSerializable(typeof(AdminUsers.ListResponse), TypeInfoPropertyName = "AdminUserList")]
[JsonSerializable(typeof(AdminUsers.DeleteRequest), TypeInfoPropertyName = "AdminDeleteRequest")]
[JsonSerializable(typeof(AdminUserCreate.ProviderMetadata))]
[JsonSerializable(typeof(AdminUserFactors.UpdateRequest), TypeInfoPropertyName = "AdminFactorUpdateRequest")]
[JsonSerializable(typeof(List<AdminAudit.Entry>), TypeInfoPropertyName = "AdminAuditEntries")]
[JsonSerializable(typeof(OpenIdConfiguration.Response), TypeInfoPropertyName = "OpenIdConfigurationResponse")]
[JsonSerializable(typeof(ClientRequest))]
[JsonSerializable(typeof(ClientResponse))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(AdminOAuthClients.ListResponse), TypeInfoPropertyName = "OAuthClientList")]
[JsonSerializable(typeof(OAuthAuthorizations.Details), TypeInfoPropertyName = "OAuthAuthorizationDetails")]
[JsonSerializable(typeof(OAuthAuthorizations.ConsentRequest), TypeInfoPropertyName = "OAuthConsentRequest")]
[JsonSerializable(typeof(OAuthAuthorizations.ConsentResponse), TypeInfoPropertyName = "OAuthConsentResponse")]
[JsonSerializable(typeof(List<UserOAuthGrants.Grant>), TypeInfoPropertyName = "OAuthGrantList")]
sealed partial class AuthJson : JsonSerializerContext;
