using System.Text;
using Mandos.Abstractions.Persistence;
using Mandos.Host.CommandLine;
using Mandos.Host.Configuration;
using Mandos.Host.Migration;
using Mandos.PluginContracts;
using static Mandos.PluginContracts.Contract;

namespace Mandos.Host.SelfTesting;

/// <summary>Checks that the parsers built into the server read what they should.</summary>
internal static class ParserChecks
{
    private const string KeyId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// <summary>The checks, in the form of those of a plugin.</summary>
    public static IReadOnlyList<PluginCheck> All { get; } =
    [
        new("read the command line", _ => Run(ReadCommandLine)),
        new("read durations", _ => Run(ReadDurations)),
        new("read mandos.conf", _ => Run(() => InDirectory(ReadServerOptions))),
        new("read clients.conf", _ => Run(() => InDirectory(ReadClients))),
        new("refuse a faulty clients.conf", _ => Run(() => InDirectory(RefuseClients))),
        new("read the state of Debian's server", _ => Run(ReadStockState)),
    ];

    private static void ReadCommandLine()
    {
        Require(CommandLineParser.Parse(["--port=7", "--fore"]).Options is { Port: 7, Foreground: true }, "--port=7 --fore is misread");
        Require(CommandLineParser.Parse(["--no-such-option"]).ExitCode == 2, "an unknown option is taken");
    }

    private static void ReadDurations()
    {
        Require(Duration.Parse("P1DT2H3M4S", out TimeSpan value) is null && value == new TimeSpan(1, 2, 3, 4), "P1DT2H3M4S is misread");
        Require(Duration.Parse("5m 30s", out value) is null && value == TimeSpan.FromSeconds(330), "5m 30s is misread");
        Require(Duration.Parse("PT1H5S", out _) is not null, "PT1H5S is taken, though its minutes are missing");
    }

    private static void ReadServerOptions(string directory)
    {
        File.WriteAllText(Path.Combine(directory, ServerOptionsLoader.FileName), "[DEFAULT]\nport: 7\n  # a comment\nuse_ipv6 = no\n");
        ServerOptionsResult result = ServerOptionsLoader.Load(new CommandLineOptions { ConfigDirectory = directory });
        Require(result.Options is { Port: 7, UseIPv6: false, UseDBus: true }, "a simple mandos.conf is misread");
    }

    private static void ReadClients(string directory)
    {
        File.WriteAllText(
            Path.Combine(directory, ClientFileReader.FileName),
            $"[DEFAULT]\ntimeout = PT7M\n[one]\nkey_id = {KeyId}\nsecret = c2Vj\n  cmV0\nhost = h\nchecker = ping %%(host)s\n");
        ClientFileResult result = ClientFileReader.Read(directory);
        Require(
            result.Clients is [{ Name: "one", Settings: { Host: "h", Checker: "ping %(host)s", Timeout.TotalMinutes: 7 } } client]
                && client.Secret.FixedTimeEquals(Encoding.ASCII.GetBytes("secret")),
            "a simple clients.conf is misread");
    }

    private static void RefuseClients(string directory)
    {
        File.WriteAllText(Path.Combine(directory, ClientFileReader.FileName), "[one]\nsecret = c2VjcmV0\n[two]\nkey_id = 12\n");
        ClientFileResult result = ClientFileReader.Read(directory);
        Require(result.IsUseless && result.Problems.Count >= 2, "clients without a key or a secret are taken");
    }

    private static void ReadStockState()
    {
        IReadOnlyList<StoredClient> clients = StockStateReader.Read([0x80, 2, .. "}}U\u0003one}U\u0007enabled"u8, 0x89, .. "ss"u8, 0x86, (byte)'.']);
        Require(clients is [{ Name: "one", FileEnabled: false, Client: null }], "a client that was removed is misread");
        try
        {
            StockStateReader.Read([0x80, 2, .. "cos\nsystem\nU\u0004true"u8, 0x85, (byte)'R', (byte)'.']);
        }
        catch (PickleException)
        {
            return;
        }

        Require(false, "a pickle that is a program is taken");
    }

    private static void InDirectory(Action<string> check)
    {
        string directory = Directory.CreateTempSubdirectory("mandos-check-").FullName;
        try
        {
            check(directory);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static Task Run(Action check)
    {
        check();
        return Task.CompletedTask;
    }
}
