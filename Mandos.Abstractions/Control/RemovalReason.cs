namespace Mandos.Abstractions.Control;

/// <summary>Why a client is gone.</summary>
public enum RemovalReason
{
    /// <summary>A person removed it. One of the files stays away until it is forgotten; one that a command had added is forgotten.</summary>
    Command = 0,

    /// <summary>The files do not have it any more, at least not by this name. The server keeps what was decided about it.</summary>
    LeftFiles = 1,

    /// <summary>It gets another key, and is another client by that: <see cref="ClientAdded"/> follows.</summary>
    NewKey = 2,

    /// <summary>A command had added it, and now the files give its key to a client of theirs, which takes its place.</summary>
    ReplacedByFiles = 3,
}
