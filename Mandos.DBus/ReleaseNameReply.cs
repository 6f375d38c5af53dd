namespace Mandos.DBus;

/// <summary>The bus's answer to giving up a name.</summary>
public enum ReleaseNameReply
{
    /// <summary>Not an answer.</summary>
    None = 0,

    /// <summary>The name, or our place in its queue, is given up.</summary>
    Released = 1,

    /// <summary>Nobody owned it.</summary>
    NonExistent = 2,

    /// <summary>It was not ours, and we were not in its queue.</summary>
    NotOwner = 3,
}
