using System.Net;
using System.Net.Sockets;
using CheckerSsh.Tests.Fakes;
using Mandos.Abstractions.Checking;
using Mandos.CheckerSsh.Limits;

namespace CheckerSsh.Tests;

/// <summary>Hosts that hang, and that are cancelled.</summary>
public sealed class TimeLimitTests
{
    private const string Short = "PT0.5S";

    private static readonly FakeKey _key = FakeKey.Create("ssh-ed25519");

    public static TheoryData<string> Tarpitted => [.. Tarpits.All.Keys];

    public static TheoryData<string> Flooding => [.. Tarpits.Floods.Keys];

    [Theory]
    [MemberData(nameof(Tarpitted))]
    public async Task RunAsync_HostHangs_IsDownAndConnectionClosed(string tarpit)
    {
        await using FakeHost host = new(Tarpits.All[tarpit]);

        Checks.Down(await Checks.RunAsync(_key.Pin, host.Port, Short), " within 0.5 s");

        await host.AllClosedAsync();
    }

    [Theory]
    [MemberData(nameof(Flooding))]
    public async Task RunAsync_HostSendsWithoutEnd_IsDownBeforeTheTimeLimit(string flood)
    {
        await using FakeHost host = new(Tarpits.Floods[flood]);

        CheckResult result = await Checks.RunAsync(_key.Pin, host.Port);

        Checks.Down(result, "");
        Assert.DoesNotContain(" within ", result.Error, StringComparison.Ordinal);
        await host.AllClosedAsync();
    }

    [Fact]
    public async Task RunAsync_ClosedPort_IsDown()
    {
        // Bound, so that it is nobody else's, and not listening.
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        Checks.Down(await Checks.RunAsync(_key.Pin, ((IPEndPoint)socket.LocalEndPoint!).Port), "Connection refused");
    }

    [Fact]
    public async Task RunAsync_ConnectionNotAccepted_IsDown()
    {
        using FullListener listener = new();

        Checks.Down(await Checks.RunAsync(_key.Pin, listener.Port, Short), "it did not accept a connection within 0.5 s");
    }

    [Fact]
    public async Task RunAsync_UnknownName_IsDown()
    {
        CheckResult result = await Checks.RunAsync(_key.Pin, 22, host: "host.invalid.");

        Checks.Down(result, "host.invalid. port 22: ");
    }

    [Fact]
    public async Task RunAsync_HostClosesAtOnce_IsDown()
    {
        await using FakeHost host = new((_, _) => Task.CompletedTask);

        Checks.Down(await Checks.RunAsync(_key.Pin, host.Port), "");
    }

    [Fact]
    public async Task RunAsync_MoreHangingHostsThanTurns_OthersGetTheirTurn()
    {
        await using FakeHost tarpit = new(Tarpits.All["only the version"]);
        await using FakeHost honest = new(new FakeSshServer(_key).ServeAsync);
        Task<CheckResult>[] hanging =
            [.. Enumerable.Range(0, SshLimits.Exchanges + 10).Select(_ => Checks.RunAsync(_key.Pin, tarpit.Port, "PT2S"))];
        await tarpit.Connected;

        CheckResult result = await Checks.RunAsync(_key.Pin, honest.Port);

        Assert.Equal(CheckResult.Exited(0), result);
        Assert.All(await Task.WhenAll(hanging), down => Checks.Down(down, " within 2 s"));
        await tarpit.AllClosedAsync();
    }

    [Theory]
    [MemberData(nameof(Tarpitted))]
    public async Task RunAsync_Cancelled_EndsAndConnectionClosed(string tarpit)
    {
        await using FakeHost host = new(Tarpits.All[tarpit]);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Checks.TestEnds);
        Task<CheckResult> check = Checks.RunAsync(Checks.Settings(_key.Pin, host.Port), stop.Token);
        await host.Connected;

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
        await host.AllClosedAsync();
    }

    [Fact]
    public async Task RunAsync_CancelledWhileConnecting_Ends()
    {
        using FullListener listener = new();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Checks.TestEnds);
        Task<CheckResult> check = Checks.RunAsync(Checks.Settings(_key.Pin, listener.Port), stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
    }

    [Fact]
    public async Task RunAsync_CancelledAtAnyMoment_EndsAndConnectionClosed()
    {
        await using FakeHost host = new(new FakeSshServer(_key).ServeAsync);
        for (int i = 0; i < 200; i++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Checks.TestEnds);
            Task<CheckResult> check = Checks.RunAsync(Checks.Settings(_key.Pin, host.Port), stop.Token);
            await Task.WhenAny(
                check, Task.Delay(TimeSpan.FromMicroseconds(Random.Shared.Next(8000)), TimeProvider.System, Checks.TestEnds));
            await stop.CancelAsync();

            try
            {
                Assert.True((await check).IsSuccess);
            }
            catch (OperationCanceledException)
            {
                // As it should be.
            }
        }

        await host.AllClosedAsync();
    }

    /// <summary>A listener whose queue is full: Linux does not answer those who want to connect.</summary>
    private sealed class FullListener : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _queued = [];

        public FullListener()
        {
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _socket.Listen(0);
            while (_queued.Count == 0 || IsConnected(_queued[^1]))
            {
                _queued.Add(new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false });
                try
                {
                    _queued[^1].Connect(IPAddress.Loopback, Port);
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                    // It is on its way.
                }
            }
        }

        public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

        public void Dispose()
        {
            _queued.ForEach(socket => socket.Dispose());
            _socket.Dispose();
        }

        /// <remarks>Asks the kernel, which connects on loopback at once or not: how busy the machine is does not matter.</remarks>
        private static bool IsConnected(Socket socket) => socket.Poll(TimeSpan.FromSeconds(0.5), SelectMode.SelectWrite);
    }
}
