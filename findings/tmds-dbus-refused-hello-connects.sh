#!/usr/bin/env bash
# Tmds.DBus.Protocol 0.95.2: ConnectAsync succeeds although the bus refused Hello.
#
# One would expect: ConnectAsync throws when the bus has no place left (max_completed_connections), as it throws when there is no bus.
# Seen: it returns, and UniqueName is null. The first call then fails with AccessDenied, which reads like a question of policy.
# So check UniqueName after ConnectAsync.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "$(cat "$work/bus.pid" 2>/dev/null)" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false TMPDIR=$work

cat > finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="Tmds.DBus.Protocol" Version="[0.95.2]" /></ItemGroup>
</Project>
END
cat > Program.cs <<'END'
using System;
using Tmds.DBus.Protocol;

using var first = new DBusConnection(args[0]);
await first.ConnectAsync();
Console.WriteLine($"first: has a name: {first.UniqueName is not null}");
using var second = new DBusConnection(args[0]);
await second.ConnectAsync();
Console.WriteLine($"second: has a name: {second.UniqueName is not null}");
using var third = new DBusConnection(args[0]);
await third.ConnectAsync();
Console.WriteLine($"third: connected, has a name: {third.UniqueName is not null}");
try
{
    await third.TryRequestNameAsync("com.example.Finding", RequestNameOptions.None);
}
catch (DBusErrorReplyException e)
{
    Console.WriteLine($"third: {e.ErrorName}");
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

cat > bus.conf <<'END'
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default"><allow send_destination="*"/><allow own="*"/><allow eavesdrop="true"/></policy>
  <limit name="max_completed_connections">2</limit>
</busconfig>
END
address=$(dbus-daemon --config-file="$work/bus.conf" --fork --print-address=1 --print-pid=3 3> bus.pid)
bin/finding "$address" | tee output
diff output - <<'END' && echo "As stated."
first: has a name: True
second: has a name: True
third: connected, has a name: False
third: org.freedesktop.DBus.Error.AccessDenied
END
