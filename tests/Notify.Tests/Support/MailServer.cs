using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Mandos.TestKit;

namespace Notify.Tests.Support;

/// <summary>A real mail server on loopback: aiosmtpd of Debian.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    public const string User = "mandos";
    public const string Password = "correct-horse-battery";

    private readonly TemporaryDirectory _directory = new();
    private readonly Process _process;

    private MailServer(string security, string certificate, string key, bool hasUsers)
    {
        string script = _directory.Write("mail-server.py", Resource("mail-server.py"));
        Directory.CreateDirectory(_directory.PathOf("mail"));
        _process = Process.Start(Command.Describe(
            "python3",
            [
                script, _directory.PathOf("mail"), Port.ToString(CultureInfo.InvariantCulture), security,
                certificate.Length == 0 ? "" : _directory.Write("certificate.pem", certificate), key.Length == 0 ? "" : _directory.Write("key.pem", key),
                hasUsers ? User : "", hasUsers ? Password : "",
            ]))!;
        _process.StandardInput.Close();
    }

    public int Port { get; } = FreePort.Find();

    /// <summary>The mails that it has taken, in order.</summary>
    public IReadOnlyList<JsonNode> Mails =>
    [
        .. Directory.GetFiles(_directory.PathOf("mail")).Where(file => !file.EndsWith(".new", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(file => JsonNode.Parse(File.ReadAllText(file))!),
    ];

    /// <summary>Starts it.</summary>
    /// <param name="security">starttls, tls or none.</param>
    /// <param name="certificate">Its certificate, in PEM.</param>
    /// <param name="key">Its key, in PEM.</param>
    /// <param name="hasUsers">Whether one has to log in.</param>
    public static async Task<MailServer> StartAsync(string security, string certificate = "", string key = "", bool hasUsers = false)
    {
        var server = new MailServer(security, certificate, key, hasUsers);
        string? line = await server._process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)
            .AsTask().WaitAsync(Patience.Limit, TimeProvider.System, TestContext.Current.CancellationToken);
        if (line != "ready")
        {
            string errors = await server._process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await server.DisposeAsync();
            Assert.Fail($"the mail server does not start (tests/peers installs python3-aiosmtpd): {errors}");
        }

        server._process.ErrorDataReceived += static (_, _) => { };
        server._process.BeginErrorReadLine();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _directory.Dispose();
    }

    private static string Resource(string name)
    {
        using Stream stream = typeof(MailServer).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
