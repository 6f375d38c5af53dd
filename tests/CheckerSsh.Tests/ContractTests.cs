using CheckerSsh.Tests.Fakes;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.CheckerSsh;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Checking;
using Mandos.PluginContracts.Xunit;
using SshChecks = CheckerSsh.Tests.Checks;

namespace CheckerSsh.Tests;

/// <summary>The checker keeps the contract of its kind.</summary>
public sealed class ContractTests : CheckerContractTests, IAsyncDisposable
{
    private static readonly FakeKey _key = FakeKey.Create("ssh-ed25519");

    private readonly FakeHost _up = new(new FakeSshServer(_key).ServeAsync);
    private readonly FakeHost _replaying = new(new FakeSshServer(FakeKey.Create("ssh-ed25519")) { Blob = _key.Blob }.ServeAsync);
    private readonly FakeHost _hanging = new(Tarpits.All["only the version"]);
    private readonly FakeHost _closing = new((stream, stop) => stream.WriteAsync("SSH-2.0-Fake\r\n"u8.ToArray(), stop).AsTask());

    protected override CheckerSituations Situations => new()
    {
        Up = ClientOf(_up),
        Down = ClientOf(_replaying),
        Hang = ClientOf(_hanging),
        Crash = ClientOf(_closing),
    };

    public async ValueTask DisposeAsync()
    {
        foreach (FakeHost host in (FakeHost[])[_up, _replaying, _hanging, _closing])
        {
            await host.DisposeAsync();
        }
    }

    protected override IChecker Create(ContractContext context) => new SshChecker(context);

    private static ClientSnapshot ClientOf(FakeHost host) => SshChecks.Client(SshChecks.Settings(_key.Pin, host.Port));
}
