#!/usr/bin/env bash
# Tmds.DBus.Protocol 0.95.2: a rule with a well-known name as its sender keeps out signals that others send to this connection alone.
#
# One would expect: the rule goes to the bus as it is and what arrives is compared with its other parts. The bus applies no rule to a
# signal that is addressed to a connection, and such a signal bears the unique name of its sender, so that one would have to follow who
# owns the well-known name, and to compare it oneself.
# Seen: the library does just that. It adds a rule of its own for NameOwnerChanged, hears the owner alone, and the next one after
# that has taken the name. A rule without a sender lets the stranger's signal through.
# So name the sender in each rule whose signals are trusted.
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

const string Name = "com.example.Finding";
using var listener = await ConnectAsync();
using var stranger = await ConnectAsync();
var first = await ConnectAsync();
await first.TryRequestNameAsync(Name, RequestNameOptions.None);
ConcurrentQueue<string> named = new(), unnamed = new();
await ListenAsync(new MatchRule { Type = MessageType.Signal, Interface = Name, Sender = Name }, named);
await ListenAsync(new MatchRule { Type = MessageType.Signal, Interface = Name }, unnamed);

await SendAsync(stranger, "stranger");
await SendAsync(first, "owner");
first.Dispose();
using var second = await ConnectAsync();
while (!await TryAsync(second))
{
}

await SendAsync(second, "next owner");
await listener.ListServicesAsync();
Console.WriteLine("with a sender: " + string.Join(", ", named));
Console.WriteLine("without: " + string.Join(", ", unnamed));

async Task<DBusConnection> ConnectAsync()
{
    var connection = new DBusConnection(args[0]);
    await connection.ConnectAsync();
    return connection;
}

// Asked by hand, as the library does not ask twice for a name on one connection.
async Task<bool> TryAsync(DBusConnection connection)
{
    return await connection.CallMethodAsync(Ask(), static (Message reply, object? _) => reply.GetBodyReader().ReadUInt32()) == 1;

    MessageBuffer Ask()
    {
        using MessageWriter writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName", "su");
        writer.WriteString(Name);
        writer.WriteUInt32(4);
        return writer.CreateMessage();
    }
}

async Task ListenAsync(MatchRule rule, ConcurrentQueue<string> heard) => await listener.AddMatchAsync(
    rule,
    static (Message message, object? _) => message.GetBodyReader().ReadString(),
    (Notification<string> notification) =>
    {
        if (notification.HasValue)
        {
            heard.Enqueue(notification.Value);
        }
    },
    emitOnCapturedContext: false);

async Task SendAsync(DBusConnection sender, string text)
{
    using (MessageWriter writer = sender.GetMessageWriter())
    {
        writer.WriteSignalHeader(listener.UniqueName, "/finding", Name, "Signal", "s");
        writer.WriteString(text);
        sender.TrySendMessage(writer.CreateMessage());
    }

    await sender.ListServicesAsync();
    await listener.ListServicesAsync();
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

address=$(dbus-daemon --session --fork --print-address=1 --print-pid=3 3> bus.pid)
bin/finding "$address" | tee output
diff output - <<'END' && echo "As stated."
with a sender: owner, next owner
without: stranger, owner, next owner
END
