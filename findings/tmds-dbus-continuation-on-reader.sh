#!/usr/bin/env bash
# Tmds.DBus.Protocol 0.95.2: what follows "await CallMethodAsync" runs on the loop that reads from the bus.
#
# One would expect: the continuation runs on the thread pool, as after an await of a socket, and may take its time.
# Seen: while the code after the await blocks, nothing is read: an answer that another thread waits for does not come. With
# WaitAsync(limit) between, which one needs anyhow as calls have no time limit, the continuation runs elsewhere and the answer comes.
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
using System.Threading;
using System.Threading.Tasks;
using Tmds.DBus.Protocol;

using var connection = new DBusConnection(args[0]);
await connection.ConnectAsync();
Console.WriteLine($"after CallMethodAsync, another answer comes: {await Task.Run(() => TryAsync(false))}");
Console.WriteLine($"after WaitAsync, another answer comes: {await Task.Run(() => TryAsync(true))}");

async Task<bool> TryAsync(bool elsewhere)
{
    Task first = connection.CallMethodAsync(GetId());
    if (elsewhere)
    {
        await first.WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(false);
    }
    else
    {
        await first.ConfigureAwait(false);
    }

    using var answered = new ManualResetEventSlim();
    _ = Task.Run(async () =>
    {
        await connection.CallMethodAsync(GetId()).ConfigureAwait(false);
        answered.Set();
    });
    return answered.Wait(TimeSpan.FromSeconds(3));
}

MessageBuffer GetId()
{
    using MessageWriter writer = connection.GetMessageWriter();
    writer.WriteMethodCallHeader("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId");
    return writer.CreateMessage();
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

address=$(dbus-daemon --session --fork --print-address=1 --print-pid=3 3> bus.pid)
bin/finding "$address" | tee output
diff output - <<'END' && echo "As stated."
after CallMethodAsync, another answer comes: False
after WaitAsync, another answer comes: True
END
