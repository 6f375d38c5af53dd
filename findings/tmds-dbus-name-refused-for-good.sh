#!/usr/bin/env bash
# Tmds.DBus.Protocol 0.95.2: a connection that asked for a name in vain can never ask for it again.
#
# One would expect: TryRequestNameAsync says false while another program has the name, and true once the name is free.
# Seen: after the first false, each further call on that connection throws InvalidOperationException "The name is already
# registered", although the connection has no name. A program that waits for a name needs a new connection for each try, or has
# to call RequestName of org.freedesktop.DBus itself.
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

const string Name = "com.example.Finding";
var first = new DBusConnection(args[0]);
await first.ConnectAsync();
using var second = new DBusConnection(args[0]);
await second.ConnectAsync();
Console.WriteLine($"first: {await first.TryRequestNameAsync(Name, RequestNameOptions.None)}");
Console.WriteLine($"second: {await second.TryRequestNameAsync(Name, RequestNameOptions.None)}");
first.Dispose();
try
{
    Console.WriteLine($"second, the name being free: {await second.TryRequestNameAsync(Name, RequestNameOptions.None)}");
}
catch (InvalidOperationException e)
{
    Console.WriteLine($"second, the name being free: {e.Message}");
}

using var third = new DBusConnection(args[0]);
await third.ConnectAsync();
Console.WriteLine($"third: {await third.TryRequestNameAsync(Name, RequestNameOptions.None)}");
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

address=$(dbus-daemon --session --fork --print-address=1 --print-pid=3 3> bus.pid)
bin/finding "$address" | tee output
diff output - <<'END' && echo "As stated."
first: True
second: False
second, the name being free: The name is already registered
third: True
END
