namespace Mandos.WebControl.Serving;

/// <summary>What somebody may do. Each includes those before it.</summary>
internal enum Scope
{
    /// <summary>Nothing but what everybody may.</summary>
    Nothing,

    /// <summary>Look at everything.</summary>
    Read,

    /// <summary>Approve and deny requests, too.</summary>
    Approve,

    /// <summary>Give every command, too.</summary>
    Admin,
}
