using System.Diagnostics;
using Mandos.Abstractions.Checking;

namespace Mandos.FaultyPlugins;

/// <summary>Leaves a process and a directory behind.</summary>
[ExportChecker("littering")]
public sealed class LitteringChecker : FaultyChecker
{
    private static readonly Process? _process = Process.Start("/bin/sh", ["-c", "sleep 4321 & exit"]);
    private static readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("litter-");

    public LitteringChecker() => (_process, _directory).GetHashCode();
}
