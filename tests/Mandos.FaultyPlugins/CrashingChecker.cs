using System.Diagnostics;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.FaultyPlugins;

/// <summary>Takes its process with it.</summary>
[ExportChecker("crashing")]
public sealed class CrashingChecker : FaultyChecker
{
    public override ICheck Prepare(ClientSnapshot client)
    {
        using var process = Process.GetCurrentProcess();
        process.Kill();
        return base.Prepare(client);
    }
}
