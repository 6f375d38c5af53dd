namespace Mandos.DBus;

/// <summary>The bus's answer to the wish to own a name.</summary>
public enum RequestNameReply
{
    /// <summary>Not an answer.</summary>
    None = 0,

    /// <summary>The name is ours now.</summary>
    PrimaryOwner = 1,

    /// <summary>Another owns it; we wait in its queue.</summary>
    InQueue = 2,

    /// <summary>Another owns it, and we did not want to wait.</summary>
    Exists = 3,

    /// <summary>The name was ours before.</summary>
    AlreadyOwner = 4,
}
