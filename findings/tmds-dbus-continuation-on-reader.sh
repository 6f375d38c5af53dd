#!/usr/bin/env bash
# Tmds.DBus.Protocol 0.95.2: what follows "await CallMethodAsync" runs on the loop that reads from the bus.
#
# One would expect: the continuation runs on the thread pool, as after an await of a socket, and may take its time.
# Seen: while the code after the await blocks, nothing is read: an answer that another thread waits for does not come. WaitAsync(limit),
# which one needs anyhow as calls have no time limit, does not help, as .NET runs what follows it on the same thread. Task.Yield does.
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

ThreadPool.SetMinThreads(16, 16);
using var service = new DBusConnection(args[0]);
await service.ConnectAsync();
service.AddMethodHandler(new Handler());
using var caller = new DBusConnection(args[0]);
await caller.ConnectAsync();
Console.WriteLine($"after CallMethodAsync, another answer comes: {await Task.Run(() => TryAsync(limited: false, yields: false))}");
Console.WriteLine($"after WaitAsync: {await Task.Run(() => TryAsync(limited: true, yields: false))}");
Console.WriteLine($"after Task.Yield: {await Task.Run(() => TryAsync(limited: false, yields: true))}");

async Task<bool> TryAsync(bool limited, bool yields)
{
    Task first = caller.CallMethodAsync(Call("Slow"));
    await (limited ? first.WaitAsync(TimeSpan.FromSeconds(60)) : first).ConfigureAwait(false);
    if (yields)
    {
        await Task.Yield();
    }

    using var answered = new ManualResetEventSlim();
    _ = Task.Run(async () =>
    {
        await caller.CallMethodAsync(Call("Quick")).ConfigureAwait(false);
        answered.Set();
    });
    return answered.Wait(TimeSpan.FromSeconds(5));
}

MessageBuffer Call(string member)
{
    using MessageWriter writer = caller.GetMessageWriter();
    writer.WriteMethodCallHeader(service.UniqueName!, "/finding", "com.example.Finding", member);
    return writer.CreateMessage();
}

sealed class Handler : IPathMethodHandler
{
    public string Path => "/finding";

    public bool HandlesChildPaths => false;

    public async ValueTask HandleMethodAsync(MethodContext context)
    {
        if (context.Request.MemberAsString == "Slow")
        {
            await Task.Delay(500); // so that the caller awaits before the answer is there
        }

        using MessageWriter writer = context.CreateReplyWriter("");
        context.Reply(writer.CreateMessage());
    }
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

address=$(dbus-daemon --session --fork --print-address=1 --print-pid=3 3> bus.pid)
bin/finding "$address" | tee output
diff output - <<'END' && echo "As stated."
after CallMethodAsync, another answer comes: False
after WaitAsync: False
after Task.Yield: True
END
