using System.Net;
using System.Threading.Channels;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Host.Plugins;
using Mandos.TestKit.Control;
using Moq;

namespace Mandos.Host.Tests.Plugins;

/// <summary>The plugins by which end-to-end tests steer a server work, and do so when loaded as plugins.</summary>
public sealed class TestPluginsTests : IDisposable
{
    private static readonly ClientSnapshot _client = new()
    {
        Name = "räka",
        Settings = new() { KeyId = new('A', 64), Options = new Dictionary<string, string> { ["unknown"] = "kept" } },
        Created = new(2026, 11, 23, 5, 35, 1, 94, TimeSpan.Zero),
        Expires = new(2026, 11, 23, 5, 40, 1, TimeSpan.Zero),
        Enabled = true,
    };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-test-plugins-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Load_TestPlugins_GiveTheirThreeExports()
    {
        var plugin = Assert.Single(LoadCatalog().Plugins);
        Assert.Equal((PluginState.Active, null), (plugin.State, plugin.Reason));
        Assert.Equal(
            ["announcer test-announcer", "checker test-checker", "control surface test-control"],
            plugin.Exports.Select(export => $"{export.Kind} {export.Name}").Order());
    }

    [Theory]
    [InlineData("0\n", CheckOutcome.Exited, 0, null)]
    [InlineData("3", CheckOutcome.Exited, 3 << 8, null)]
    [InlineData("signal 9", CheckOutcome.Signaled, 9, null)]
    [InlineData("error no such host", CheckOutcome.Failed, 0, "no such host")]
    public async Task TestChecker_ResultFile_DecidesTheResult(string text, CheckOutcome outcome, int waitStatus, string? error)
    {
        var file = PathOf("result");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        var checker = LoadCatalog().GetOnly<IChecker>().Create();
        var settings = new ClientSettings { Options = new Dictionary<string, string> { ["test_result_file"] = file } };

        var result = await checker.Prepare(_client with { Settings = settings }).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal((outcome, waitStatus, error), (result.Outcome, result.WaitStatus, result.Error));
    }

    [Fact]
    public async Task TestAnnouncer_RunAndCancelled_WritesBoth()
    {
        var file = PathOf("announced");
        Environment.SetEnvironmentVariable("MANDOS_TEST_ANNOUNCER", file);
        var announced = new Mock<IProgress<string>>();
        using var stop = new CancellationTokenSource();

        var run = LoadCatalog().GetOnly<IAnnouncer>().Create()
            .RunAsync(new() { Name = "Mandos", Port = 4711, InterfaceIndex = 2 }, announced.Object, stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(
            [
                """{"name":"Mandos","type":"_mandos._tcp","port":4711,"interfaceIndex":2,"addressFamily":"InterNetworkV6"}""",
                """{"withdrawn":true}""",
            ],
            await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken));
        announced.Verify(progress => progress.Report("Mandos"));
    }

    [Fact]
    public async Task TestControl_CommandsAndEvents_ReachTheServerAndTheTest()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var socket = PathOf("control");
        Environment.SetEnvironmentVariable("MANDOS_TEST_CONTROL", socket);
        var events = Channel.CreateUnbounded<ServerEvent>();
        var server = new Mock<IMandosServer>(MockBehavior.Strict);
        var info = new ServerInfo
        {
            Version = "1.2",
            ServiceName = "Mandos",
            EndPoints = [new(IPAddress.IPv6Any, 4711)],
            Plugins = [new() { Name = "A", Version = "1.0", State = "Active" }, new() { Name = "B", State = "Malfunctioned" }],
        };
        server.Setup(s => s.Info).Returns(info);
        server.Setup(s => s.GetClientsAsync(It.IsAny<CancellationToken>())).ReturnsAsync([_client]);
        server.Setup(s => s.GetClientAsync("räka", It.IsAny<CancellationToken>())).ReturnsAsync(_client);
        server.Setup(s => s.GetClientAsync("none", It.IsAny<CancellationToken>())).ReturnsAsync((ClientSnapshot?)null);
        server.Setup(s => s.SubscribeAsync(It.IsAny<CancellationToken>()))
            .ReturnsAsync(() => new([_client], events.Reader, () => { }));
        var source = new CommandSource("test-control");
        server.Setup(s => s.EnableAsync("räka", source, It.IsAny<CancellationToken>())).ReturnsAsync(CommandResult.Durable);
        server.Setup(s => s.DisableAsync("none", source, It.IsAny<CancellationToken>())).ThrowsAsync(new UnknownClientException("none"));
        server.Setup(s => s.ApproveAsync("räka", true, source, It.IsAny<CancellationToken>())).ReturnsAsync(CommandResult.Durable);
        server.Setup(s => s.ApproveAsync("räka", false, source, It.IsAny<CancellationToken>())).ReturnsAsync(CommandResult.Durable);
        server.Setup(s => s.MarkCheckedOkAsync("räka", source, It.IsAny<CancellationToken>())).ReturnsAsync(CommandResult.Durable);
        server.Setup(s => s.StartCheckerAsync("räka", source, It.IsAny<CancellationToken>())).ReturnsAsync(CommandResult.Durable);
        server.Setup(s => s.StopCheckerAsync("räka", source, It.IsAny<CancellationToken>())).ReturnsAsync(CommandResult.Durable);
        server.Setup(s => s.RemoveAsync("räka", source, It.IsAny<CancellationToken>())).ReturnsAsync(CommandResult.Durable);
        server.Setup(s => s.ReloadAsync(source, It.IsAny<CancellationToken>())).ReturnsAsync(CommandResult.Durable);
        var change = ClientChange.Of(ClientSetting.Host, "h").With(ClientSetting.Timeout, TimeSpan.FromDays(1.5)).With(ClientSetting.ApprovedByDefault, false);
        server.Setup(s => s.ChangeAsync("räka", It.Is<ClientChange>(sent => sent.ToString() == change.ToString()), source, It.IsAny<CancellationToken>())).ReturnsAsync(CommandResult.Durable);
        var secret = "\0é\n"u8.ToArray();
        server.Setup(s => s.SetSecretAsync(
                "räka", It.Is<ReadOnlyMemory<byte>>(sent => secret.SequenceEqual(sent.ToArray())), source, It.IsAny<CancellationToken>()))
            .ReturnsAsync(CommandResult.Durable);
        using var stop = new CancellationTokenSource();
        var run = LoadCatalog().GetOnly<IControlSurface>().Create().RunAsync(server.Object, stop.Token);

        using var client = await TestControlClient.ConnectAsync(socket, cancellationToken);
        using var stream = await client.SubscribeAsync(cancellationToken);
        Assert.Equivalent(_client, Assert.Single(stream.Clients), strict: true);
        Assert.Equivalent(info, await client.GetInfoAsync(cancellationToken), strict: true);
        Assert.Equivalent(_client, Assert.Single(await client.GetClientsAsync(cancellationToken)), strict: true);
        Assert.Equivalent(_client, await client.GetClientAsync("räka", cancellationToken), strict: true);
        Assert.Null(await client.GetClientAsync("none", cancellationToken));
        await client.EnableAsync("räka", cancellationToken);
        var refusal = await Assert.ThrowsAsync<TestControlException>(() => client.DisableAsync("none", cancellationToken));
        Assert.Equal(("there is no client named “none”", nameof(UnknownClientException)), (refusal.Message, refusal.ExceptionType));
        await client.ApproveAsync("räka", cancellationToken);
        await client.DenyAsync("räka", cancellationToken);
        await client.MarkCheckedOkAsync("räka", cancellationToken);
        await client.StartCheckerAsync("räka", cancellationToken);
        await client.StopCheckerAsync("räka", cancellationToken);
        await client.ChangeAsync("räka", change, cancellationToken);
        await client.SetSecretAsync("räka", secret, cancellationToken);
        await client.RemoveAsync("räka", cancellationToken);
        await client.ReloadAsync(cancellationToken);
        server.VerifyAll();

        var request = new SecretRequest(7, new(IPAddress.IPv6Loopback, 4711), "KEY", _client.Created);
        ServerEvent[] happened =
        [
            new ClientAdded(_client),
            new ClientPropertyChanged(_client, ClientProperty.LastCheckedOk),
            new CheckerStarted(_client, "fping"),
            new CheckerCompleted(_client, CheckResult.Signaled(11, coreDumped: true), "fping"),
            new CheckerCompleted(_client, CheckResult.Failed("no shell"), "fping"),
            new NeedApproval(_client, request, TimeSpan.FromSeconds(90), true),
            new GotSecret(_client, request),
            new Rejected(_client, request, RejectionReason.ApprovalTimedOut),
            new ClientRemoved(_client, RemovalReason.LeftFiles),
            new ClientNotFound("ABC", IPAddress.Parse("fe80::1%2")),
        ];
        foreach (var one in happened)
        {
            events.Writer.TryWrite(one);
        }

        foreach (var expected in happened)
        {
            var actual = await stream.ReadAsync(cancellationToken);
            Assert.IsType(expected.GetType(), actual);
            Assert.Equivalent(expected, actual, strict: true);
        }

        events.Writer.Complete();
        Assert.Null(await stream.ReadAsync(cancellationToken));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.False(File.Exists(socket));
    }

    private PluginCatalog LoadCatalog()
    {
        // The build puts each project's output into artifacts/bin/PROJECT/CONFIGURATION; who runs the tests need not be who owns that.
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var plugins = _directory.CreateSubdirectory("plugins");
        foreach (var file in Directory.EnumerateFiles(Path.Combine(own.Parent!.Parent!.FullName, "Mandos.TestPlugins", own.Name)))
        {
            File.Copy(file, Path.Combine(plugins.FullName, Path.GetFileName(file)), overwrite: true);
        }

        return PluginCatalog.Load(plugins.FullName, PluginFolder.Services with { TimeProvider = TimeProvider.System });
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);
}
