using Mandos.Abstractions.Checking;

namespace Mandos.FaultyPlugins;

/// <summary>Lets an exception go on a thread of its own.</summary>
[ExportChecker("background")]
public sealed class BackgroundChecker : FaultyChecker
{
    public BackgroundChecker()
    {
        var thread = new Thread(() => throw new InvalidOperationException("nobody catches this"));
        thread.Start();
        thread.Join();
    }
}
