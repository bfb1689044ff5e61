using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Evolv.Tests.Auth;

/// <summary>What auth-js makes for a flow with PKCE.</summary>
static class Pkce
{
    internal static (string Verifier, string Challenge) New()
    {
        var verifier = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(56));
        return (verifier, Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))));
    }
}
