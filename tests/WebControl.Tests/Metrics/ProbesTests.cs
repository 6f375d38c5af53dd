using System.Net;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Metrics;
using Microsoft.Extensions.Time.Testing;
using Moq;

namespace WebControl.Tests.Metrics;

/// <summary>What /livez and /readyz say.</summary>
public sealed class ProbesTests
{
    private readonly Mock<IMandosServer> _server = new();
    private readonly FakeTimeProvider _clock = new();

    private readonly ServerInfo _well = new() { Version = "1", ServiceName = "Mandos", EndPoints = [new IPEndPoint(IPAddress.IPv6Any, 1)] };

    [Fact]
    public async Task Live_TheEngineAnswers_IsGood()
    {
        _server.Setup(static s => s.GetClientAsync(It.IsAny<string>(), It.IsAny<CancellationToken>())).ReturnsAsync((ClientSnapshot?)null);
        Assert.Null(await Probes().FindDeadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Live_TheEngineHangs_SaysSo()
    {
        _server.Setup(static s => s.GetClientAsync(It.IsAny<string>(), It.IsAny<CancellationToken>()))
            .Returns(new ValueTask<ClientSnapshot?>(new TaskCompletionSource<ClientSnapshot?>().Task));
        Task<string?> probe = Probes().FindDeadAsync(TestContext.Current.CancellationToken);
        Assert.False(probe.IsCompleted);
        _clock.Advance(Mandos.WebControl.Metrics.Probes.Patience);
        Assert.Equal("the engine has not answered within 5 s", await probe);
    }

    [Fact]
    public async Task Live_TheEngineHasEnded_SaysSo()
    {
        _server.Setup(static s => s.GetClientAsync(It.IsAny<string>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new OperationCanceledException("the server is stopping"));
        Assert.Equal("the server is stopping", await Probes().FindDeadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Ready_AllIsWell_IsGood() => Assert.Null(FindUnready(_well));

    [Fact]
    public void Ready_NoListener_SaysSo()
        => Assert.Equal("not ready: listeners: it does not listen for clients on any address", FindUnready(_well with { EndPoints = [] }));

    [Fact]
    public void Ready_StateIsNotSaved_TellsStrangersNoPaths() => Assert.Equal(
        "not ready: store: changes are not saved; the log says why", FindUnready(_well with { StateProblem = "cannot write /var/lib/mandos/state.db" }));

    [Fact]
    public void Ready_SharedState_AsksForPermission()
    {
        Assert.Null(FindUnready(_well with { Group = Group(TimeSpan.FromSeconds(3)) }));
        Assert.Equal(
            "not ready: permission: it is cut off from the state that it shares with other servers", FindUnready(_well with { Group = Group(TimeSpan.Zero) }));

        static ServerGroup Group(TimeSpan left) => new()
        {
            Revision = 1,
            Servers = [Server("other", false, TimeSpan.Zero), Server("this", true, left)],
        };

        static KnownServer Server(string name, bool isSelf, TimeSpan left)
            => new() { Name = name, IsSelf = isSelf, Since = DateTimeOffset.UnixEpoch, Confirmed = 1, PermissionLeft = left };
    }

    private string? FindUnready(ServerInfo info)
    {
        _server.SetupGet(static s => s.Info).Returns(info);
        return Probes().FindUnready();
    }

    private Probes Probes() => new(_server.Object, _clock);
}
