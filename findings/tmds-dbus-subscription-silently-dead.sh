#!/usr/bin/env bash
# Tmds.DBus.Protocol 0.95.2: after one signal that its reader could not read, a subscription is dead, and says nothing of it.
#
# One would expect: with OnException declining to disconnect, the one signal is left out, and the next is heard. Or that the
# subscription is told of its end, as its notifications can tell.
# Seen: OnException is called once; then that subscription hears no signal any more and gets no notification, while the connection,
# and another subscription with the same rule, go on. A sender who adds an argument in a new version does that to its listeners.
# So catch everything within the reader.
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
using System.Collections.Concurrent;
using System.Threading.Tasks;
using Tmds.DBus.Protocol;

ConcurrentQueue<string> picky = new(), easy = new();
int exceptions = 0;
using var listener = new DBusConnection(new DBusConnectionOptions(args[0])
{
    OnException = context =>
    {
        exceptions++;
        context.DisconnectConnection = false;
    },
});
await listener.ConnectAsync();
using var sender = new DBusConnection(args[0]);
await sender.ConnectAsync();
var rule = new MatchRule { Type = MessageType.Signal, Interface = "com.example.Finding" };
await listener.AddMatchAsync(
    rule,
    static (Message message, object? _) =>
        message.SignatureAsString == "s" ? message.GetBodyReader().ReadString() : throw new FormatException("another type"),
    (Notification<string> notification) => picky.Enqueue(notification.HasValue ? notification.Value : "ended"),
    emitOnCapturedContext: false);
await listener.AddMatchAsync(
    rule,
    static (Message message, object? _) => message.MemberAsString!,
    (Notification<string> notification) => easy.Enqueue(notification.HasValue ? notification.Value : "ended"),
    emitOnCapturedContext: false);

Send("First", writeText: true);
Send("Second", writeText: false);
Send("Third", writeText: true);
await sender.ListServicesAsync();
await listener.ListServicesAsync();
Console.WriteLine($"picky: {string.Join(", ", picky)}");
Console.WriteLine($"easy: {string.Join(", ", easy)}");
Console.WriteLine($"exceptions: {exceptions}");

void Send(string member, bool writeText)
{
    using MessageWriter writer = sender.GetMessageWriter();
    writer.WriteSignalHeader(null, "/finding", "com.example.Finding", member, writeText ? "s" : "u");
    if (writeText)
    {
        writer.WriteString(member);
    }
    else
    {
        writer.WriteUInt32(2);
    }

    sender.TrySendMessage(writer.CreateMessage());
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

address=$(dbus-daemon --session --fork --print-address=1 --print-pid=3 3> bus.pid)
bin/finding "$address" | tee output
diff output - <<'END' && echo "As stated."
picky: First
easy: First, Second, Third
exceptions: 1
END
