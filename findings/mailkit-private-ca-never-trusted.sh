#!/usr/bin/env bash
# MailKit 4.18.2: a mail server whose certificate a private CA has signed is refused, though the system trusts that CA.
#
# One would expect: who puts the CA among those that the system trusts (here by SSL_CERT_FILE) is done, as with HttpClient and openssl.
# Seen: SslHandshakeException. CheckCertificateRevocation is true unless a program says otherwise; a small CA publishes no list of revoked
# certificates, and “nobody knows whether it is revoked” counts as an error of the chain. HttpClient does not ask. With
# CheckCertificateRevocation = false the same server is accepted.
set -euo pipefail
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false TMPDIR=$work

cat > finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="MailKit" Version="4.18.2" /></ItemGroup>
</Project>
END
cat > Program.cs <<'END'
using System;
using System.Net.Http;
using MailKit.Net.Smtp;
using MailKit.Security;

int port = int.Parse(args[0]);
foreach (bool? check in new bool?[] { null, false })
{
    using var client = new SmtpClient();
    if (check is { } value)
    {
        client.CheckCertificateRevocation = value;
    }

    try
    {
        client.Connect("localhost", port, SecureSocketOptions.SslOnConnect);
        Console.WriteLine($"MailKit, {(check is null ? "as it comes" : "CheckCertificateRevocation = false")}: connected");
    }
    catch (SslHandshakeException)
    {
        Console.WriteLine($"MailKit, {(check is null ? "as it comes" : "CheckCertificateRevocation = false")}: refused");
    }
}

try
{
    using var http = new HttpClient();
    http.Send(new HttpRequestMessage(HttpMethod.Get, $"https://localhost:{port}/"));
}
catch (HttpRequestException e)
{
    // A mail server speaks no HTTP; that this was found out means that TLS was fine.
    Console.WriteLine($"HttpClient: {(e.HttpRequestError == HttpRequestError.SecureConnectionError ? "refused" : "TLS accepted")}");
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj '/CN=Private CA' 2> /dev/null
openssl req -newkey rsa:2048 -nodes -keyout host.key -out host.csr -subj '/CN=localhost' 2> /dev/null
openssl x509 -req -in host.csr -CA ca.pem -CAkey ca.key -days 1 -out host.pem -extfile <(echo 'subjectAltName=DNS:localhost') 2> /dev/null
cat > server.py <<'END'
import socketserver
import ssl

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("host.pem", "host.key")


class Mail(socketserver.StreamRequestHandler):
    def setup(self):
        self.request = context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self):
        self.wfile.write(b"220 localhost\r\n")
        for line in self.rfile:
            self.wfile.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 localhost\r\n")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


with Server(("127.0.0.1", 0), Mail) as server:
    with open("port.new", "w") as file:
        print(server.server_address[1], file=file)
    import os
    os.rename("port.new", "port")
    server.serve_forever()
END
python3 server.py &
for ((i = 0; i < 100; i++)); do [ -s port ] && break; sleep 0.1; done

SSL_CERT_FILE=$work/ca.pem bin/finding "$(cat port)" | tee output
diff output - <<'END' && echo "As stated."
MailKit, as it comes: refused
MailKit, CheckCertificateRevocation = false: connected
HttpClient: TLS accepted
END
