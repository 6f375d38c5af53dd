namespace Mandos.DBusControl.Limits;

/// <summary>What programs on the bus can take of the server, and how long the bus may take, each with its reason.</summary>
internal static class DBusLimits
{
    /// <summary>Calls of one sender that may wait: more than a bus lets anybody have unanswered by default (128).</summary>
    public const int WaitingCalls = 1024;

    /// <summary>What the arguments of all waiting calls may take, in bytes.</summary>
    public const int WaitingBytes = 32 << 20;

    /// <summary>Characters of a text that is taken: far more than a command line may have.</summary>
    public const int TextLength = 1 << 17;

    /// <summary>Characters of an error's message, as it repeats what was sent.</summary>
    public const int MessageLength = 500;

    /// <summary>How many callers are known at once, some of them gone: more than a bus has connections by default.</summary>
    public const int KnownCallers = 4096;

    /// <summary>How many events are told of in one go; then the bus is let keep up, and calls are answered.</summary>
    public const int EventsAtATime = 1000;

    /// <summary>How many bytes of signals are sent in one go.</summary>
    public const int SignalBytesAtATime = 4 << 20;

    /// <summary>What dbus-daemon's system bus takes in one message, in bytes; it disconnects a sender of more.</summary>
    public const int MessageBytes = 32 << 20;

    /// <summary>The largest reply in bytes: what the bus takes, less room for the header.</summary>
    public const long ReplyBytes = MessageBytes - (64 << 10);

    /// <summary>The largest page of several clients in bytes: written in a few milliseconds, as nothing else is answered meanwhile.</summary>
    public const long PageBytes = 1 << 20;

    /// <summary>Bytes that the bus keeps for a program: for one that reads, it soon keeps less.</summary>
    public const uint UnreadBytes = 1 << 20;

    /// <summary>
    /// How many bytes of the server's the bus may keep. It reads on until 127 MiB by default: so there is room for a reply of the largest size, and
    /// what is sent in a second.
    /// </summary>
    public const uint KeptBytes = 80 << 20;

    /// <summary>How long the bus may take to say what it keeps. Twice: after a pause of this process itself the first one is over at once.</summary>
    public static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2.5);

    /// <summary>How long the bus may take to say which user a connection belongs to; a command must not wait longer for that.</summary>
    public static readonly TimeSpan CallerTime = TimeSpan.FromSeconds(1);

    /// <summary>How long the owner of our names may take to answer.</summary>
    public static readonly TimeSpan OwnerTime = TimeSpan.FromSeconds(1);

    /// <summary>How long the search for a program that does not read may take.</summary>
    public static readonly TimeSpan SearchTime = TimeSpan.FromSeconds(5);

    /// <summary>How long the bus may take to hear that the clients are gone when the server ends.</summary>
    public static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(0.7);
}
