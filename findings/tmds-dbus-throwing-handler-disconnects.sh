#!/usr/bin/env bash
# Tmds.DBus.Protocol 0.95.2: a method handler that throws takes the whole service off the bus.
#
# One would expect: the caller gets an error reply, and the next caller is served, as web servers and RPC libraries do it.
# Seen: the connection of the service is closed. The caller gets NoReply from the bus, and its next call ServiceUnknown. A handler
# that returns without a reply does not leave its caller waiting either: the library answers UnknownMethod for it.
# So catch everything in each handler.
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
using System.Threading.Tasks;
using Tmds.DBus.Protocol;

using var service = new DBusConnection(args[0]);
await service.ConnectAsync();
service.AddMethodHandler(new Handler());
using var caller = new DBusConnection(args[0]);
await caller.ConnectAsync();
foreach (string member in (string[])["Reply", "Return", "Throw", "Reply"])
{
    try
    {
        await caller.CallMethodAsync(Call(member));
        Console.WriteLine($"{member}: replied");
    }
    catch (DBusErrorReplyException e)
    {
        Console.WriteLine($"{member}: {e.ErrorName}");
    }
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

    public ValueTask HandleMethodAsync(MethodContext context)
    {
        switch (context.Request.MemberAsString)
        {
            case "Reply":
                using (MessageWriter writer = context.CreateReplyWriter(""))
                {
                    context.Reply(writer.CreateMessage());
                }

                break;
            case "Throw":
                throw new FormatException("wrong input of one caller");
        }

        return ValueTask.CompletedTask;
    }
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

address=$(dbus-daemon --session --fork --print-address=1 --print-pid=3 3> bus.pid)
bin/finding "$address" | tee output
diff output - <<'END' && echo "As stated."
Reply: replied
Return: org.freedesktop.DBus.Error.UnknownMethod
Throw: org.freedesktop.DBus.Error.NoReply
Reply: org.freedesktop.DBus.Error.ServiceUnknown
END
