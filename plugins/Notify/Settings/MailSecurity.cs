namespace Mandos.Notify.Settings;

/// <summary>How the connection to a mail server is protected.</summary>
internal enum MailSecurity
{
    /// <summary>By STARTTLS, without which nothing is sent.</summary>
    StartTls,

    /// <summary>By TLS from the beginning.</summary>
    Tls,

    /// <summary>Not at all: only for this machine itself, and without a password.</summary>
    None,
}
