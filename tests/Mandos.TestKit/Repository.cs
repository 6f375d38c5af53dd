namespace Mandos.TestKit;

/// <summary>Where the programs under test and their peers are.</summary>
public static class Repository
{
    /// <summary>The folder with Mandos.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The server that <c>./build</c> has built, unless the environment variable MANDOS_SERVER names another.</summary>
    public static string Server { get; } =
        Environment.GetEnvironmentVariable("MANDOS_SERVER") ?? Path.Combine(Root, "artifacts/mandos/mandos");

    /// <summary>Debian's server.</summary>
    public static string StockServer => Path.Combine(Peers, "usr/sbin/mandos");

    /// <summary>The server's default plugins.</summary>
    public static string Plugins { get; } = Path.Combine(Root, "artifacts/mandos/plugins");

    /// <summary>The built test plugins.</summary>
    public static string TestPlugins { get; } = Path.Combine(Root, "artifacts/bin/Mandos.TestPlugins/debug");

    /// <summary>What <c>tests/peers</c> has unpacked.</summary>
    public static string Peers { get; } = Environment.GetEnvironmentVariable("MANDOS_PEERS") is { Length: > 0 } peers
        ? peers
        : Path.Combine(Root, "artifacts/peers/root");

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Mandos.sln")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new DirectoryNotFoundException("the tests must run inside the repository");
        }

        return folder;
    }
}
