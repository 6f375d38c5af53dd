#!/usr/bin/env bash
# .NET 10, HttpClient: a POST without a body is sent again, three times, if the server closes a kept connection instead of answering.
#
# One would expect: the error of the first time. A POST is not idempotent (RFC 9110 section 9.2.2): the server may have done it before it ended,
# and a client should not send it again by itself, unless it knows that nothing was done.
# Seen: on a connection that was used before, a POST without content is sent four times in all, each time on a new connection, and then fails.
# With content, also with one of no bytes, it is sent once.
# So give each command a content, if only an empty one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false TMPDIR=$work

cat > finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable></PropertyGroup>
</Project>
END
cat > Program.cs <<'END'
using System;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

foreach ((string name, Func<HttpContent?> content) in new (string, Func<HttpContent?>)[]
    { ("none", () => null), ("empty", () => new ByteArrayContent([])), ("one byte", () => new ByteArrayContent([1])) })
{
    int count = 0;
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    _ = Task.Run(async () =>
    {
        while (true)
        {
            using TcpClient connection = await listener.AcceptTcpClientAsync();
            byte[] buffer = new byte[4096];
            while (await connection.GetStream().ReadAsync(buffer) is > 0 and var length)
            {
                if (!Encoding.ASCII.GetString(buffer, 0, length).StartsWith("GET"))
                {
                    Interlocked.Increment(ref count);
                    break; // no answer
                }

                await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            }
        }
    });
    using var http = new HttpClient();
    string address = $"http://{listener.LocalEndpoint}/";
    (await http.GetAsync(address)).Dispose();
    try
    {
        await http.PostAsync(address, content());
    }
    catch (HttpRequestException)
    {
        Console.WriteLine($"content {name}: sent {count} times");
    }
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

bin/finding | tee output
diff output - <<'END' && echo "As stated."
content none: sent 4 times
content empty: sent 1 times
content one byte: sent 1 times
END
