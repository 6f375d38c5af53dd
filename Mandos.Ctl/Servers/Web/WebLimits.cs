namespace Mandos.Ctl.Servers.Web;

/// <summary>What a server may send, and how long it may take.</summary>
internal static class WebLimits
{
    /// <summary>Bytes of an answer; a message on D-Bus has as many at most.</summary>
    public const long AnswerBytes = 32 << 20;

    /// <summary>Bytes of an error; it is one line.</summary>
    public const long ErrorBytes = 1 << 20;

    /// <summary>Bytes of one client, or of one event. A client's texts are as long as the files may make them, and a few are long in practice.</summary>
    public const int ItemBytes = 16 << 20;

    /// <summary>Ten times the clients that a server is made for; one that gives more never ends.</summary>
    public const int Clients = 1_000_000;

    /// <summary>Kibibytes of the headers of an answer.</summary>
    public const int HeaderKibibytes = 16;

    /// <summary>How long connecting may take; a server that is alive takes connections at once.</summary>
    public static readonly TimeSpan Connecting = TimeSpan.FromSeconds(10);

    /// <summary>How long a call may take, as on D-Bus: a command that waits for other servers is answered after 24 s in the worst case.</summary>
    public static readonly TimeSpan Call = TimeSpan.FromSeconds(25);

    /// <summary>After which pause a server is asked again that writes as many lists as it can.</summary>
    public static readonly TimeSpan PauseWhileBusy = TimeSpan.FromMilliseconds(200);

    /// <summary>How long events may be silent: the server sends a comment each 15 s if nothing happens.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);
}
