#!/usr/bin/env bash
# Tmds.DBus.Protocol 0.95.2: calls of one caller are handled in order until the first await, and then overtake each other.
#
# One would expect one of two things: calls are handled one after another, as the bus delivers them, or all at once.
# Seen: a handler runs alone up to its first await that does not complete at once. Then the next call is handled, and of two calls by
# the same caller the second can be done before the first. As long as no handler awaits anything, tests see perfect order.
# So queue what must stay in order, such as two changes of one setting.
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
using System.Threading;
using System.Threading.Tasks;
using Tmds.DBus.Protocol;

using var service = new DBusConnection(args[0]);
await service.ConnectAsync();
var handler = new Handler();
service.AddMethodHandler(handler);
using var caller = new DBusConnection(args[0]);
await caller.ConnectAsync();

await Task.WhenAll(caller.CallMethodAsync(Call("Block")), caller.CallMethodAsync(Call("After")));
Console.WriteLine("without an await: " + string.Join(", ", handler.Log));
handler.Log.Clear();
await Task.WhenAll(caller.CallMethodAsync(Call("Wait")), caller.CallMethodAsync(Call("Release")));
Console.WriteLine("with an await: " + string.Join(", ", handler.Log));

MessageBuffer Call(string member)
{
    using MessageWriter writer = caller.GetMessageWriter();
    writer.WriteMethodCallHeader(service.UniqueName!, "/finding", "com.example.Finding", member);
    return writer.CreateMessage();
}

sealed class Handler : IPathMethodHandler
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<string> Log { get; } = new();

    public string Path => "/finding";

    public bool HandlesChildPaths => false;

    public async ValueTask HandleMethodAsync(MethodContext context)
    {
        string member = context.Request.MemberAsString!;
        Log.Enqueue(member + " begins");
        switch (member)
        {
            case "Block":
                Thread.Sleep(500);
                break;
            case "Wait":
                await _released.Task; // only the second call ends this
                break;
            case "Release":
                break;
        }

        Log.Enqueue(member + " ends");
        using (MessageWriter writer = context.CreateReplyWriter(""))
        {
            context.Reply(writer.CreateMessage());
        }

        _ = member == "Release" && _released.TrySetResult();
    }
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

address=$(dbus-daemon --session --fork --print-address=1 --print-pid=3 3> bus.pid)
bin/finding "$address" | tee output
diff output - <<'END' && echo "As stated."
without an await: Block begins, Block ends, After begins, After ends
with an await: Wait begins, Release begins, Release ends, Wait ends
END
