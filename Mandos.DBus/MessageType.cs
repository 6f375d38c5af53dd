namespace Mandos.DBus;

/// <summary>What a message is; others than these are skipped, as the specification asks.</summary>
public enum MessageType : byte
{
    /// <summary>Never on the wire.</summary>
    Invalid = 0,

    /// <summary>A call that may get a reply.</summary>
    MethodCall = 1,

    /// <summary>The reply to a call that did well.</summary>
    MethodReturn = 2,

    /// <summary>The reply to a call that failed.</summary>
    Error = 3,

    /// <summary>Something told, to one or to all.</summary>
    Signal = 4,
}
