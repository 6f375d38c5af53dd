using System.Security.Cryptography.X509Certificates;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Sharing.Faults;

/// <summary>A PostgreSQL with a standby that it waits for, on two of three hosts, so that there is always a place for the next standby.</summary>
internal sealed class FaultDatabases : IAsyncDisposable
{
    public const int Hosts = 3;
    private const string Password = "correct horse";

    /// <summary>Whichever it is: there is one standby at a time.</summary>
    private const string Standbys = "ANY 1 (host0, host1, host2)";

    private readonly FaultNetwork _network;
    private readonly TemporaryDirectory _files = new();
    private readonly X509Certificate2 _root = TestCertificates.MakeRoot();
    private int _primaryHost;
    private int _standbyHost = 1;
    private PostgresServer? _old;

    private FaultDatabases(FaultNetwork network) => _network = network;

    /// <summary>In which all commit.</summary>
    public PostgresServer Primary { get; private set; } = null!;

    /// <summary>For which it waits.</summary>
    public PostgresServer Standby { get; private set; } = null!;

    /// <summary>The number of the host that has the primary.</summary>
    public int PrimaryHost => _primaryHost;

    /// <summary>As <c>hosts</c> in plugins.yaml.</summary>
    public static string HostList => string.Join(", ", Enumerable.Range(0, Hosts).Select(FaultNetwork.HostAddress));

    /// <summary>Path of the authority's certificate.</summary>
    public string RootCertificate => _files.PathOf("root.pem");

    /// <summary>The directory with the password, as systemd gives it.</summary>
    public string Credentials => _files.FullName;

    public static async Task<FaultDatabases> StartAsync(FaultNetwork network)
    {
        var databases = new FaultDatabases(network);
        try
        {
            databases._files.Write("root.pem", databases._root.ExportCertificatePem());
            databases._files.Write("mandos-postgres", Password);
            await Command.RequireAsync("chmod", "-R", "a+rX", databases._files.FullName);
            databases.Primary = await PostgresServer.StartAsync(databases.Place(0));
            await MandosDatabase.PrepareAsync(databases.Primary);
            await databases.Primary.QueryAsync($"ALTER ROLE {MandosDatabase.Server} PASSWORD '{Password}'");
            await databases.AddStandbyAsync();
            await databases.Standby.SetAsync("synchronous_standby_names", Standbys);
            await databases.Primary.SetAsync("synchronous_standby_names", Standbys);
            return databases;
        }
        catch
        {
            await databases.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the standby the primary; the old one has been killed, or stands still.</summary>
    public async Task PromoteAsync()
    {
        await Standby.PromoteAsync();
        (_old, Primary) = (Primary, Standby);
        int free = Hosts - _primaryHost - _standbyHost;
        (_primaryHost, _standbyHost) = (_standbyHost, free);
        await AddStandbyAsync();
    }

    /// <summary>Lets the primary that was replaced go on.</summary>
    public Task ThawOldAsync() => _old!.ThawAsync();

    /// <summary>Takes the primary that was replaced away.</summary>
    public async Task DropOldAsync()
    {
        if (_old is { } old)
        {
            _old = null;
            await old.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DropOldAsync();
        if (Standby is not null)
        {
            await Standby.DisposeAsync();
        }

        if (Primary is not null)
        {
            await Primary.DisposeAsync();
        }

        _root.Dispose();
        _files.Dispose();
    }

    private async Task AddStandbyAsync() => Standby = await Primary.AddStandbyAsync($"host{_standbyHost}", Place(_standbyHost));

    private PostgresNetwork Place(int host)
    {
        string address = FaultNetwork.HostAddress(host);
        (string certificate, string key) = TestCertificates.MakeHost(_root, address);
        return new PostgresNetwork(certificate, key) { Address = address, Namespace = _network.HostNamespace(host) };
    }
}
