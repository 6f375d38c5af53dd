using Mandos.Abstractions.Checking;

namespace Mandos.FaultyPlugins;

/// <summary>Is never made.</summary>
[ExportChecker("hanging")]
public sealed class HangingChecker : FaultyChecker
{
    public HangingChecker() => Thread.Sleep(Timeout.Infinite);
}
