using System.Net;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Plugins;
using Mandos.Notify;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Control;
using Mandos.PluginContracts.Samples;
using Mandos.TestKit;

namespace Notify.Tests.Support;

/// <summary>The surface at a server in memory, with settings and secrets of a test's own.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public TemporaryDirectory Files { get; } = new();

    public ContractContext Context { get; } = new();

    public InMemoryServer Server { get; init; } = new([Client]);

    public static ClientSnapshot Client { get; } = SampleClients.Snapshot(0) with
    {
        Name = "orchid",
        Settings = SampleClients.Settings(0) with { Location = "cellar, rack 3", ApprovalDelay = TimeSpan.FromMinutes(5), ApprovedByDefault = false },
    };

    public static SecretRequest Request(long id = 7)
        => new(id, new IPEndPoint(IPAddress.Parse("192.0.2.7"), 4711), Client.Settings.KeyId!, Client.Created);

    /// <summary>What everything that was logged says.</summary>
    public string Log => string.Join('\n', Context.Logged);

    public Rig With(string setting, string value)
    {
        Context.Settings[setting] = value;
        return this;
    }

    /// <summary>Writes a secret to a file that a setting names.</summary>
    public Rig WithSecret(string setting, string value) => With(setting, Files.Write(setting, value + "\n"));

    /// <summary>Runs the surface until it listens.</summary>
    public async Task<Rig> StartAsync()
    {
        _running = new NotifySurface(Context).RunAsync(Server, _stop.Token);
        await Patience.UntilAsync("the surface listens", () => Server.Subscriptions == 1);
        return this;
    }

    /// <summary>Ends the surface as the server does.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.True(_running.IsCanceled, $"{_running.Exception}");
    }

    public void Wait(long id = 7, ClientSnapshot? client = null)
        => Server.Publish(new NeedApproval(client ?? Client, Request(id), TimeSpan.FromMinutes(5), ApprovedByDefault: false));

    public void GetSecret(long id = 7) => Server.Publish(new GotSecret(Client, Request(id)));

    /// <summary>All settings that the plugin refuses, each with what is said of it.</summary>
    public IReadOnlyList<(string Setting, string Message)> Refused()
    {
        var exception = Assert.Throws<PluginSettingException>(() => new NotifySurface(Context));
        return [.. exception.Others.Prepend(exception).Select(one => (one.Setting, one.Message))];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        Context.Dispose();
        Files.Dispose();
    }
}
