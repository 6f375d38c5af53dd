#!/usr/bin/env bash
# .NET 10: at the limit of open files a thread cannot be started, and that is told as OutOfMemoryException.
#
# One would expect: a thread needs no file. Whoever keeps within the limit of open files by catching the IOException of "Too many open
# files" expects the rest of the program to go on.
# Seen: Thread.Start throws OutOfMemoryException although there is plenty of memory, as long as no descriptor is free; two free ones are
# enough. The runtime makes a pipe (pipe2) for each thread that it starts, and closes it when the thread runs.
# So keep some descriptors free, below the limit, for what the runtime does by itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false TMPDIR=$work

cat > finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
</Project>
END
cat > Program.cs <<'END'
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;

// Once before, so that no file has to be loaded later.
Console.WriteLine($"before: {Start()}");
List<FileStream> files = [];
bool isFull = false;
while (!isFull)
{
    try
    {
        files.Add(new FileStream("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0));
    }
    catch (IOException)
    {
        isFull = true;
    }
}

string full = Start();
files[^1].Dispose();
files[^2].Dispose();
string two = Start();
files.ForEach(file => file.Dispose());
Console.WriteLine($"no descriptor is free: {full}");
Console.WriteLine($"two are free: {two}");

static string Start()
{
    try
    {
        var thread = new Thread(static () => { });
        thread.Start();
        thread.Join();
        return "started";
    }
    catch (OutOfMemoryException)
    {
        return "OutOfMemoryException";
    }
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

(ulimit -n 300; bin/finding) | tee output
diff output - <<'END' && echo "As stated."
before: started
no descriptor is free: OutOfMemoryException
two are free: started
END
