#!/usr/bin/env bash
# .NET 10: who connects to a Unix socket that is not there is told "Cannot assign requested address".
#
# One would expect: "No such file or directory", which is what the system says (ENOENT), as for any missing file.
# Seen: SocketError.AddressNotAvailable, its error code is that of EADDRNOTAVAIL, and the text speaks of addresses; ENOENT appears nowhere
# in the exception. So a program that tells people of it has to look itself whether the file is there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false TMPDIR=$work

cat > finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
</Project>
END
cat > Program.cs <<'END'
using System;
using System.IO;
using System.Net.Sockets;

const int NoEntry = 2;
string path = Path.Combine(args[0], "none");
using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
try
{
    socket.Connect(new UnixDomainSocketEndPoint(path));
}
catch (SocketException e)
{
    Console.WriteLine($"{e.SocketErrorCode}: {e.Message.Split(" /")[0]}; names ENOENT: {e.ErrorCode == NoEntry || e.NativeErrorCode == NoEntry}");
}

try
{
    File.OpenRead(path);
}
catch (FileNotFoundException)
{
    Console.WriteLine("the same as a file: not found");
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

bin/finding "$work" | tee output
diff output - <<'END' && echo "As stated."
AddressNotAvailable: Cannot assign requested address; names ENOENT: False
the same as a file: not found
END
