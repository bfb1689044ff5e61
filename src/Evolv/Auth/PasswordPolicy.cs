using System.Collections.Frozen;
using System.Text;
using Microsoft.Extensions.Options;

namespace Evolv.Auth;

/// <summary>Which passwords are good enough: long ones that are not on everybody's list. No rules about characters.</summary>
sealed class PasswordPolicy(IOptions<AuthOptions> options)
{
    const int LongestPassword = 72; // GoTrue's limit (bcrypt's). We refuse rather than cut.

    // The most used ones with eight characters or more, as breaches show them year after year.
    static readonly FrozenSet<string> Common = """
        password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword pa$$word passwort password!
        12345678 123456789 1234567890 0123456789 0987654321 987654321 9876543210 87654321 123123123 12341234 12344321
        11111111 111111111 1111111111 00000000 000000000 22222222 66666666 88888888 99999999 12121212 11223344
        112233445566 123321123 147258369 159753456 789456123 741852963 123654789 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y
        1qaz2wsx 1qaz2wsx3edc 1qazxsw2 q1w2e3r4 q1w2e3r4t5 qwer1234 qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop
        qwertzuiop qweasdzxc qazwsxedc zaq12wsx asdfasdf asdfghjk asdfghjkl asdf1234 zxcvbnm1 zxcvbnm123 abcd1234
        abc12345 abcdefgh abcdefg1 a1234567 a12345678 a123456789 aa123456 aa12345678 iloveyou iloveyou1 iloveyou2
        sunshine princess football baseball superman batman123 starwars trustno1 whatever computer internet samsung1
        michelle jennifer jonathan charlie1 liverpool chelsea1 corvette mercedes maverick midnight mustang1 snowball
        dragon123 monkey123 shadow123 welcome1 welcome123 letmein1 letmein123 changeme changeme123 admin123 admin1234
        administrator root1234 test1234 test12345 testtest guest123 user1234 default1 secret123 master123 hello123
        helloworld google123 facebook linkedin pokemon1 killer123 access14 jordan23 blink182 metallica
        """.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="AuthError">Too weak, or too long.</exception>
    internal void Require(string password)
    {
        if (Encoding.UTF8.GetByteCount(password) > LongestPassword)
            throw AuthError.Invalid("Password cannot be longer than 72 characters");
        if (Check(password) is { } weak)
            throw AuthError.WeakPassword(weak.Message, weak.Reasons);
    }

    /// <summary>What is wrong with it; null when nothing is.</summary>
    internal WeakPassword? Check(string password)
    {
        var shortest = options.Value.MinPasswordLength;
        if (password.Length < shortest)
            return new WeakPassword($"Password should be at least {shortest} characters.", ["length"]);
        return Common.Contains(password)
            ? new WeakPassword("Password is known to be weak and easy to guess, please choose a different one.", ["pwned"])
            : null;
    }
}
