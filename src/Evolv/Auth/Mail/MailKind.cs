namespace Evolv.Auth.Mail;

/// <summary>Why somebody gets a mail about an account.</summary>
enum MailKind
{
    /// <summary>Confirm the address of a new account.</summary>
    Confirmation,
    Invite,
    MagicLink,
    Recovery,

    /// <summary>To the new address.</summary>
    EmailChangeNew,

    /// <summary>To the address that is given up.</summary>
    EmailChangeCurrent,

    /// <summary>Six digits and no link: the person is signed in and proves it is still they.</summary>
    Reauthentication,

    /// <summary>To the owner of an account whose address was given at a sign-up: the answer there does not tell that it exists.</summary>
    RepeatedSignup,
}

static class MailKinds
{
    /// <summary>Its name in <c>auth.mails</c>, in the texts and in limits.</summary>
    internal static string Name(this MailKind kind) => kind switch
    {
        MailKind.Confirmation => "confirmation",
        MailKind.Invite => "invite",
        MailKind.MagicLink => "magic_link",
        MailKind.Recovery => "recovery",
        MailKind.EmailChangeNew => "email_change_new",
        MailKind.EmailChangeCurrent => "email_change_current",
        MailKind.Reauthentication => "reauthentication",
        MailKind.RepeatedSignup => "repeated_signup",
    };

    /// <summary>Which token it carries (GoTrue's one_time_token_type); null for none.</summary>
    internal static string? TokenType(this MailKind kind) => kind switch
    {
        MailKind.Confirmation or MailKind.Invite => "confirmation_token",
        MailKind.MagicLink or MailKind.Recovery => "recovery_token",
        MailKind.EmailChangeNew => "email_change_token_new",
        MailKind.EmailChangeCurrent => "email_change_token_current",
        MailKind.Reauthentication => "reauthentication_token",
        _ => null,
    };

    /// <summary>The <c>type</c> of its link.</summary>
    internal static string VerifyType(this MailKind kind) => kind switch
    {
        MailKind.Confirmation => "signup",
        MailKind.Invite => "invite",
        MailKind.MagicLink => "magiclink",
        MailKind.Recovery => "recovery",
        MailKind.EmailChangeNew or MailKind.EmailChangeCurrent => "email_change",
        _ => "",
    };

    /// <summary>What a session that its link leads to says in <c>amr</c>.</summary>
    internal static string Method(this MailKind kind) => kind switch
    {
        MailKind.Confirmation => "email/signup",
        MailKind.EmailChangeNew or MailKind.EmailChangeCurrent => "email_change",
        _ => kind.VerifyType(),
    };
}
