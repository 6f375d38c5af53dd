using System.Net;
using System.Text.Json.Nodes;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Plugins;
using Mandos.ApprovalsJson;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Control;
using Mandos.PluginContracts.Samples;
using Mandos.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Samples.Tests.ApprovalsJson;

public sealed class ApprovalsSurfaceTests : IDisposable
{
    private static readonly ClientSnapshot _client = SampleClients.Snapshot(0);
    private static readonly SecretRequest _request = new(7, new(IPAddress.IPv6Loopback, 4711), _client.Settings.KeyId!, _client.Created);

    private readonly TemporaryDirectory _directory = new();
    private readonly InMemoryServer _server = new([_client]);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 1, 2, 3, TimeSpan.Zero));

    private string ApprovalsFile => _directory.PathOf("lines");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Run_RequestAndItsEnds_WritesALineEach()
    {
        await RunAsync(async () =>
        {
            _server.Publish(new NeedApproval(_client, _request, TimeSpan.FromSeconds(30), false));
            _server.Publish(new ClientPropertyChanged(_client, ClientProperty.ApprovalPending));
            _server.Publish(new Rejected(_client, _request, RejectionReason.ApprovalTimedOut));
            _server.Publish(new GotSecret(_client, _request));
            await WaitForLinesAsync(3);
        });

        string[] lines = await File.ReadAllLinesAsync(ApprovalsFile, TestContext.Current.CancellationToken);
        Assert.Equal(
            [
                """{"time":T,"event":"NeedApproval","client":C,"request":7,"peer":"[::1]:4711","timeLeft":30,"approvedByDefault":false}""",
                """{"time":T,"event":"Rejected","client":C,"request":7,"peer":"[::1]:4711","reason":"ApprovalTimedOut"}""",
                """{"time":T,"event":"GotSecret","client":C,"request":7,"peer":"[::1]:4711"}""",
            ],
            lines.Select(line => line
                .Replace("\"2026-11-24T01:02:03+00:00\"", "T", StringComparison.Ordinal)
                .Replace($"\"{_client.Name}\"", "C", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Run_NewFile_IsReadableForItsOwnerAlone()
    {
        await RunAsync(() => Task.CompletedTask);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(ApprovalsFile));
    }

    [Fact]
    public async Task Run_FileThatEndsInABrokenLine_StartsALineOfItsOwn()
    {
        _directory.Write("lines", "{\"whole\":1}\n{\"bro");

        await RunAsync(async () =>
        {
            _server.Publish(new GotSecret(_client, _request));
            await WaitForLinesAsync(3);
        });

        string[] lines = await File.ReadAllLinesAsync(ApprovalsFile, TestContext.Current.CancellationToken);
        Assert.Equal(["{\"whole\":1}", "{\"bro"], lines[..2]);
        Assert.Equal("GotSecret", EventOf(Assert.Single(lines[2..])));
    }

    [Fact]
    public async Task Run_FellBehind_SaysSoAndGoesOn()
    {
        await RunAsync(async () =>
        {
            _server.Overflow();
            await WaitForLinesAsync(1);
            await WaitForSubscriptionAsync();
            _server.Publish(new GotSecret(_client, _request));
            await WaitForLinesAsync(2);
        });

        string[] lines = await File.ReadAllLinesAsync(ApprovalsFile, TestContext.Current.CancellationToken);
        Assert.Equal(["EventsLost", "GotSecret"], lines.Select(EventOf));
    }

    [Fact]
    public async Task Write_FileHasItsFullLength_BeginsANewOneAndKeepsTheLast()
    {
        await using (LineFile file = await LineFile.OpenAsync(ApprovalsFile, maxLength: 10))
        {
            foreach (string line in new[] { "first 6789\n", "second 789\n", "third\n", "fourth\n", "fifth\n" })
            {
                await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(line), TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal("third\nfourth\n", File.ReadAllText(ApprovalsFile + ".1"));
        Assert.Equal("fifth\n", File.ReadAllText(ApprovalsFile));
        Assert.Equal(2, Directory.GetFiles(_directory.FullName).Length);
    }

    [Fact]
    public void Constructor_RelativePath_IsRefused()
    {
        using var context = new ContractContext();
        context.Settings["file"] = "approvals.jsonl";

        var refusal = Assert.Throws<PluginSettingException>(() => new ApprovalsSurface(context));

        Assert.Equal("file", refusal.Setting);
    }

    /// <summary>Runs the surface, waits until it listens, and stops it afterwards.</summary>
    private async Task RunAsync(Func<Task> meanwhile)
    {
        using var context = new ContractContext { TimeProvider = _time };
        context.Settings["file"] = ApprovalsFile;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task run = new ApprovalsSurface(context).RunAsync(_server, stop.Token);
        await WaitForSubscriptionAsync();
        await meanwhile();
        Assert.False(run.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private Task WaitForSubscriptionAsync() => UntilAsync(() => _server.Subscriptions == 1);

    private Task WaitForLinesAsync(int count)
        => UntilAsync(() => File.Exists(ApprovalsFile) && File.ReadAllText(ApprovalsFile).Count(c => c == '\n') >= count);

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private static string EventOf(string line) => (string)JsonNode.Parse(line)!["event"]!;
}
