using System.Diagnostics;
using Mandos.Abstractions.Control;

namespace Mandos.Engine.Auditing;

/// <summary>The fixed words by which the audit and the metrics say what was noticed. Programs read them: add to them, but change none.</summary>
public static class AnomalyPhrases
{
    /// <summary>The words for a kind.</summary>
    public static string Phrase(this AnomalyKind kind) => kind switch
    {
        AnomalyKind.MachineRuns => "machine runs",
        AnomalyKind.OtherAddress => "other address",
        AnomalyKind.TooManySecrets => "too many secrets",
        AnomalyKind.NewHardwareAddress => "new hardware address",
        _ => throw new UnreachableException(),
    };
}
