#!/usr/bin/env bash
# libfaketime 0.9.10-2.1 of Debian 12 with .NET 10: a wall clock that is an hour ahead, and no sleep lasts.
#
# One would expect: with FAKETIME_DONT_FAKE_MONOTONIC=1 only the wall clock differs, and waits, which .NET measures by the monotonic clock,
# last as long as ever.
# Seen: a Thread.Sleep of two seconds ends at once. With FAKETIME_FORCE_MONOTONIC_FIX=0 besides it lasts, and the wall clock is ahead
# still. So a test that gives a .NET program another clock has to set both, or it tests a program whose timers all run out.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false TMPDIR=$work

apt-get --quiet --quiet download libfaketime=0.9.10-2.1 2> apt.log || { cat apt.log; exit 1; }
dpkg-deb --extract libfaketime_*.deb root
library=$(echo "$work"/root/usr/lib/*/faketime/libfaketime.so.1)

cat > finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
</Project>
END
cat > Program.cs <<'END'
using System;
using System.Diagnostics;
using System.Threading;

bool isAhead = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(args[0]) > 3000;
var watch = Stopwatch.StartNew();
Thread.Sleep(2000);
Console.WriteLine($"ahead: {isAhead}; two seconds last: {watch.ElapsedMilliseconds >= 1990}");
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

now=$(date +%s)
{
    bin/finding "$now"
    LD_PRELOAD=$library FAKETIME=+3600s FAKETIME_DONT_FAKE_MONOTONIC=1 bin/finding "$now"
    LD_PRELOAD=$library FAKETIME=+3600s FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FORCE_MONOTONIC_FIX=0 bin/finding "$now"
} | tee output
diff output - <<'END' && echo "As stated."
ahead: False; two seconds last: True
ahead: True; two seconds last: False
ahead: True; two seconds last: True
END
