using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;

namespace Evolv.Rest.Token;

/// <summary>The claims of a token whose signature is good, and the role in them.</summary>
/// <param name="Role">As the token names it; null when it names none.</param>
sealed record TokenClaims(JsonElement Claims, string? Role)
{
    const long Skew = 30; // Clocks differ, and everybody's tokens would fail for some seconds.

    /// <summary>When it ceases to be good, in seconds since 1970; null for never.</summary>
    internal long? EndsAt => Claims.TryGetProperty("exp", out var exp) && exp.ValueKind == JsonValueKind.Number ? Seconds(exp) + Skew : null;

    /// <summary>Refuses a token that is not good now, in PostgREST's order.</summary>
    /// <param name="audience">Null takes any.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <exception cref="RestError">PGRST303.</exception>
    internal void Refuse(string? audience, long now)
    {
        if (Instant("exp") is { } exp && exp < now - Skew)
            throw RestError.InvalidClaims("JWT expired");
        if (Instant("nbf") is { } nbf && nbf > now + Skew)
            throw RestError.InvalidClaims("JWT not yet valid");
        if (Instant("iat") is { } iat && iat > now + Skew)
            throw RestError.InvalidClaims("JWT issued at future");
        if (!NamesAudience(audience))
            throw RestError.InvalidClaims("JWT not in audience");
    }

    /// <summary>Whom the token stands for: all of its claims with the role that holds.</summary>
    internal Caller ToCaller(string role)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach (var claim in Claims.EnumerateObject().Where(claim => claim.Name != "role"))
                claim.WriteTo(json);
            json.WriteString("role"u8, role);
            json.WriteEndObject();
        }

        var userId = Claims.TryGetProperty("sub", out var sub) && sub.ValueKind == JsonValueKind.String &&
            Guid.TryParseExact(sub.GetString(), "D", out var id) ? id : (Guid?)null;
        return new Caller(role, Encoding.UTF8.GetString(stream.ToArray()), userId);
    }

    long? Instant(string name)
    {
        if (!Claims.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.Number
            ? Seconds(value)
            : throw RestError.InvalidClaims($"The JWT '{name}' claim must be a number");
    }

    // What is no whole number counts as 1970, as PostgREST has it. 1e9 is a whole number.
    static long Seconds(JsonElement number)
        => number.TryGetInt64(out var seconds) ? seconds
            : number.TryGetDecimal(out var exact) && decimal.IsInteger(exact) && Math.Abs(exact) < long.MaxValue ? (long)exact
            : 0;

    bool NamesAudience(string? audience)
    {
        if (!Claims.TryGetProperty("aud", out var claim) || claim.ValueKind == JsonValueKind.Null)
            return true;
        if (claim.ValueKind == JsonValueKind.String)
            return audience is null || claim.ValueEquals(audience);
        if (claim.ValueKind != JsonValueKind.Array || claim.EnumerateArray().Any(one => one.ValueKind != JsonValueKind.String))
            throw RestError.InvalidClaims("The JWT 'aud' claim must be a string or an array of strings");
        return audience is null || claim.GetArrayLength() == 0 || claim.EnumerateArray().Any(one => one.ValueEquals(audience));
    }
}
