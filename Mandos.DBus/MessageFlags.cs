namespace Mandos.DBus;

/// <summary>The flags of a message's header.</summary>
[Flags]
public enum MessageFlags : byte
{
    /// <summary>A reply is expected, services are started, nobody is asked for a password.</summary>
    None = 0,

    /// <summary>The caller wants no reply, not even an error.</summary>
    NoReplyExpected = 1,

    /// <summary>The bus must not start the destination.</summary>
    NoAutoStart = 2,

    /// <summary>The caller can wait while somebody is asked for authorization.</summary>
    AllowInteractiveAuthorization = 4,
}
