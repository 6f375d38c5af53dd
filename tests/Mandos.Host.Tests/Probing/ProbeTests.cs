using System.Net.Sockets;
using Mandos.Host.Probing;
using Mandos.Host.Tests.Plugins.Instances;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Host.Tests.Probing;

public sealed class ProbeTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-test-");
    private readonly FakeTimeProvider _timeProvider = new();
    private readonly LogLines _logger = new();

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Server_IsWell_NoFaultForAnyWhoAsk()
    {
        await using Run run = Start(static () => Task.CompletedTask);
        for (int i = 0; i < 3; i++)
        {
            Assert.Null(await FindFaultAsync());
        }
    }

    [Fact]
    public async Task Server_IsNotWell_SaysWhyInOneLine()
    {
        await using Run run = Start(static () => throw new InvalidOperationException("connections are\nnot accepted"));
        Assert.Equal("connections are not accepted", await FindFaultAsync());
    }

    [Fact]
    public async Task Engine_DoesNotAnswer_SaysSo()
    {
        var asked = new TaskCompletionSource();
        await using Run run = Start(() =>
        {
            asked.SetResult();
            return new TaskCompletionSource().Task;
        });
        Task<string?> fault = FindFaultAsync();
        await asked.Task.WaitAsync(_patience, TimeProvider.System, TestContext.Current.CancellationToken);

        // The limit may begin a moment after the question.
        while (!fault.IsCompleted)
        {
            _timeProvider.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Equal("the server runs, but its loop has not answered within 5 s", await fault);
    }

    [Fact]
    public async Task Listener_DoesNotAnswer_IsAFault()
    {
        using ProbeListener? listener = Open(static () => Task.CompletedTask); // and does not run
        Assert.NotNull(listener);
        Assert.Equal(
            "the server has not answered within 0.2 s", await new ServerProbe(_directory.FullName, TimeSpan.FromSeconds(0.2)).FindFaultAsync());
    }

    [Fact]
    public async Task Server_EndedInOrder_IsAFaultAndLeavesNothing()
    {
        await using (Run run = Start(static () => Task.CompletedTask))
        {
            Assert.Null(await FindFaultAsync());
        }

        Assert.Empty(_directory.EnumerateFileSystemInfos());
        Assert.StartsWith($"no server answers at {Path_}: ", await FindFaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_LeftByADeadServer_IsReplaced()
    {
        // Closing only the descriptor leaves the name, as the kernel does for a process that was killed.
        using (Socket dead = ProbeSocket.Create())
        {
            dead.Bind(new UnixDomainSocketEndPoint(Path_ + ".new"));
            File.Move(Path_ + ".new", Path_);
        }

        Assert.StartsWith($"no server answers at {Path_}: ", await FindFaultAsync(), StringComparison.Ordinal);
        await using Run run = Start(static () => Task.CompletedTask);
        Assert.Null(await FindFaultAsync());
    }

    [Fact]
    public async Task Socket_OfALivingServer_StaysItsOwn()
    {
        await using Run first = Start(static () => Task.CompletedTask);
        Assert.Null(Open(static () => throw new InvalidOperationException("the second")));
        Assert.Contains("another server answers there", _logger.Lines[^1], StringComparison.Ordinal);
        Assert.Null(await FindFaultAsync());
    }

    [Fact]
    public async Task SomethingElse_AtThePath_StaysAndIsNoServer()
    {
        await File.WriteAllTextAsync(Path_, "mine", TestContext.Current.CancellationToken);
        Assert.Null(Open(static () => Task.CompletedTask));
        Assert.Equal("mine", await File.ReadAllTextAsync(Path_, TestContext.Current.CancellationToken));
        Assert.StartsWith($"no server answers at {Path_}: ", await FindFaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Path_TooLongForASocket_IsSaidByBoth()
    {
        string directory = Path.Combine(_directory.FullName, new string('d', 100));
        Directory.CreateDirectory(directory);
        Assert.Null(ProbeListener.Open(directory, static () => Task.CompletedTask, _timeProvider, _logger));
        Assert.Contains("(mandos --probe)", _logger.Lines[^1], StringComparison.Ordinal);
        Assert.Contains("choose a shorter --statedir", await new ServerProbe(directory, _patience).FindFaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Socket_IsForItsOwnerAlone()
    {
        using ProbeListener? listener = Open(static () => Task.CompletedTask);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path_));
    }

    [Fact]
    public async Task Stranger_WhoTalksAndStays_KeepsNobodyFromAnAnswer()
    {
        var talked = new TaskCompletionSource();
        await using Run run = Start(() => talked.Task); // its answer ends a connection: not before the stranger has talked
        using Socket stranger = ProbeSocket.Create();
        await stranger.ConnectAsync(new UnixDomainSocketEndPoint(Path_), TestContext.Current.CancellationToken);
        await stranger.SendAsync(new byte[1000], TestContext.Current.CancellationToken);
        talked.SetResult();
        Assert.Null(await FindFaultAsync());
    }

    private string Path_ => ProbeSocket.PathIn(_directory.FullName);

    private ProbeListener? Open(Func<Task> ask) => ProbeListener.Open(_directory.FullName, ask, _timeProvider, _logger);

    private Task<string?> FindFaultAsync() => new ServerProbe(_directory.FullName, _patience).FindFaultAsync();

    private Run Start(Func<Task> ask) => new(Open(ask)!);

    private sealed class Run : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public Run(ProbeListener listener) => _running = listener.RunAsync(_stop.Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }
    }
}
