namespace Mandos.Abstractions.Control;

/// <summary>Why a reboot is not expected any more.</summary>
public enum RebootEnding
{
    /// <summary>The client got its secret.</summary>
    SecretSent,

    /// <summary>The client did not get its secret in time.</summary>
    TimeOver,

    /// <summary>A person has taken it back.</summary>
    TakenBack,

    /// <summary>The client was disabled.</summary>
    Disabled,

    /// <summary>The files give the client another key.</summary>
    NewKey,
}
