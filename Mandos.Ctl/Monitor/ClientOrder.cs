namespace Mandos.Ctl.Monitor;

/// <summary>What clients are sorted by.</summary>
internal enum ClientOrder
{
    Name,
    State,
    Host,

    /// <summary>The longest unseen first.</summary>
    Seen,

    /// <summary>The first to expire first.</summary>
    Expires,
}
