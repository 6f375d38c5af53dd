namespace Mandos.DBus;

/// <summary>How a name is requested.</summary>
[Flags]
public enum RequestNameOptions
{
    /// <summary>Wait in the queue while another owns it.</summary>
    None = 0,

    /// <summary>Others may take it from us.</summary>
    AllowReplacement = 1,

    /// <summary>Take it from an owner that allows that.</summary>
    ReplaceExisting = 2,

    /// <summary>Do not wait in the queue.</summary>
    DoNotQueue = 4,
}
