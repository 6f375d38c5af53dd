#!/usr/bin/env bash
# Npgsql 10.0.3: with "TcpKeepAliveTime=10" no connection over a Unix socket can be made.
#
# One would expect: an option of TCP has no effect on a Unix socket, as libpq's manual says of its keepalives ("ignored for connections made
# via a Unix-domain socket"), so that one set of options does for both kinds of host.
# Seen: TcpKeepAlive alone does no harm, but with its time each connection fails with "Operation not supported". The message names the
# socket's file, so it looks as if PostgreSQL did not run.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false TMPDIR=$work

cat > finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="Npgsql" Version="[10.0.3]" /></ItemGroup>
</Project>
END
cat > Program.cs <<'END'
using System;
using System.IO;
using System.Net.Sockets;
using System.Threading.Tasks;
using Npgsql;

// What listens hangs up on each connection: a server is not needed for this.
using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(args[0], ".s.PGSQL.5432")));
listener.Listen();
_ = Task.Run(() =>
{
    while (true)
    {
        listener.Accept().Dispose();
    }
});
foreach (string options in new[] { "", "TcpKeepAlive=true;", "TcpKeepAlive=true;TcpKeepAliveTime=10;" })
{
    try
    {
        using var connection = new NpgsqlConnection($"Host={args[0]};Username=nobody;SslMode=Disable;Pooling=false;{options}");
        connection.Open();
    }
    catch (Exception e)
    {
        bool isRefused = e.GetBaseException().Message.Contains("Operation not supported", StringComparison.Ordinal);
        Console.WriteLine($"“{options}” {(isRefused ? "is not supported" : "connects")}");
    }
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

bin/finding "$work" | tee output
diff output - <<'END' && echo "As stated."
“” connects
“TcpKeepAlive=true;” connects
“TcpKeepAlive=true;TcpKeepAliveTime=10;” is not supported
END
