using System.Text;
using Microsoft.Extensions.Options;
using Zxcvbn;

namespace Evolv.Auth;

/// <summary>
/// Which passwords are good enough: long ones that nobody guesses at once. No rules about characters. zxcvbn says how hard a password is
/// to guess; it knows the 30 000 most used ones, words, names, dates, keyboards, and what people do to disguise them.
/// </summary>
sealed class PasswordPolicy(IOptions<AuthOptions> options)
{
    /// <summary>In bytes. All of it counts: our hash has no limit like bcrypt's 72.</summary>
    internal const int LongestPassword = 1024;

    // zxcvbn takes milliseconds for so many characters and, with each more, more than in proportion. Whoever has more of them at either
    // end has a strong password anyhow.
    const int Judged = 48;

    const double BitsOfCommon = 13.5; // Some ten thousand guesses.

    // It needs a moment to read its lists, which a server that is asked nothing is spared.
    static readonly Lazy<global::Zxcvbn.Zxcvbn> Judge = new(() => new global::Zxcvbn.Zxcvbn());

    /// <exception cref="AuthError">Too weak, or too long.</exception>
    internal void Require(string password)
    {
        if (Encoding.UTF8.GetByteCount(password) > LongestPassword)
            throw AuthError.Invalid($"Password cannot be longer than {LongestPassword} bytes");
        if (Check(password) is { } weak)
            throw AuthError.WeakPassword(weak.Message, weak.Reasons);
    }

    /// <summary>What is wrong with it; null when nothing is.</summary>
    internal WeakPassword? Check(string password)
    {
        var shortest = options.Value.MinPasswordLength;
        if (password.Length < shortest)
            return new WeakPassword($"Password should be at least {shortest} characters.", ["length"]);
        var (isCommon, strength) = Estimate(password);
        if (isCommon)
            return new WeakPassword("Password is known to be weak and easy to guess, please choose a different one.", ["pwned"]);
        return strength < options.Value.MinPasswordStrength
            ? new WeakPassword("Password is too easy to guess, please choose a longer or less predictable one.", ["characters"])
            : null;
    }

    static (bool IsCommon, int Strength) Estimate(string password)
    {
        if (password.Length <= Judged)
            return ToEstimate(Judge.Value.EvaluatePassword(password));
        var (start, end) = (ToEstimate(Judge.Value.EvaluatePassword(password[..Judged])), ToEstimate(Judge.Value.EvaluatePassword(password[^Judged..])));
        return (start.IsCommon && end.IsCommon, Math.Max(start.Strength, end.Strength));
    }

    // Common is what stands on a list, whole or but for a character or two, and what is one run, one row of keys, one repetition.
    static (bool IsCommon, int Strength) ToEstimate(Result result)
        => (result.Entropy < BitsOfCommon || result.MatchSequence.Any(match =>
            match.Pattern != "bruteforce" && match.j - match.i + 1 >= result.Password.Length - 1), result.Score);
}
