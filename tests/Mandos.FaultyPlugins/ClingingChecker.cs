using Mandos.Abstractions.Checking;

namespace Mandos.FaultyPlugins;

/// <summary>Has a thread that keeps its process alive.</summary>
[ExportChecker("clinging")]
public sealed class ClingingChecker : FaultyChecker
{
    public ClingingChecker() => new Thread(() => Thread.Sleep(Timeout.Infinite)).Start();
}
