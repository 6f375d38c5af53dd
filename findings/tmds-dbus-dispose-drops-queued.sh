#!/usr/bin/env bash
# Tmds.DBus.Protocol 0.95.2: Dispose drops messages that TrySendMessage has taken.
#
# One would expect: what TrySendMessage said true to is sent before the connection closes, or there is an asynchronous way to close
# that waits for it.
# Seen: of 2000 signals that were sent in a row, all with true, fewer arrive if Dispose follows at once. There is no flush. All of them
# arrive if a call to the bus is made and answered between, since messages are sent in order.
# So do a round trip before Dispose, with a time limit.
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

const int Count = 2000;
Console.WriteLine($"Dispose at once: all sent: {await RunAsync(false)}");
Console.WriteLine($"Dispose after a round trip: all sent: {await RunAsync(true)}");

async Task<bool> RunAsync(bool roundTrip)
{
    using var listener = new DBusConnection(args[0]);
    await listener.ConnectAsync();
    var sender = new DBusConnection(args[0]);
    await sender.ConnectAsync();
    int heard = 0;
    var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    await listener.AddMatchAsync(
        new MatchRule { Type = MessageType.Signal, Interface = "com.example.Finding" },
        (Message _, object? _) => Interlocked.Increment(ref heard),
        (Notification<int> _) => { },
        emitOnCapturedContext: false);
    string name = sender.UniqueName!;
    await listener.AddMatchAsync(
        new MatchRule { Type = MessageType.Signal, Member = "NameOwnerChanged", Arg0 = name },
        (Message _, object? _) => gone.TrySetResult(),
        (Notification<bool> _) => { },
        emitOnCapturedContext: false);
    bool taken = true;
    for (int i = 0; i < Count; i++)
    {
        using MessageWriter writer = sender.GetMessageWriter();
        writer.WriteSignalHeader(null, "/finding", "com.example.Finding", "Signal", "s");
        writer.WriteString(new string('x', 1000));
        taken &= sender.TrySendMessage(writer.CreateMessage());
    }

    if (roundTrip)
    {
        await sender.ListServicesAsync();
    }

    sender.Dispose();
    await gone.Task; // the bus passes on in order, so whatever it got came before this
    return taken && heard == Count;
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

address=$(dbus-daemon --session --fork --print-address=1 --print-pid=3 3> bus.pid)
bin/finding "$address" | tee output
diff output - <<'END' && echo "As stated."
Dispose at once: all sent: False
Dispose after a round trip: all sent: True
END
