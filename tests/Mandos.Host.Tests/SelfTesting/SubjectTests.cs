using Mandos.BadPlugins;
using Mandos.Host.SelfTesting;
using Mandos.Host.Tests.Plugins;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mandos.Host.Tests.SelfTesting;

public sealed class SubjectTests : IDisposable
{
    private readonly PluginFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("IStateStore", true)]
    [InlineData("ISharedStateStore", false)]
    public void All_StateStore_IsTriedOutUnlessServersShareIt(string contract, bool isTriedOut)
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Store"), $$"""
            using System.Collections.Generic;
            using System.IO;
            using Mandos.Abstractions.Persistence;
            using Mandos.Abstractions.Sharing;
            [assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]
            public abstract class Inherited : {{contract}}
            {
                public ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken c) => throw new IOException();
                public ValueTask SaveAsync(IReadOnlyCollection<StoredClient> s, IReadOnlyCollection<string> f, CancellationToken c) => default;
                public Task JoinAsync(ServerIdentity s, CancellationToken c) => throw new IOException();
                public Task<SharedView> SyncAsync(SyncPoint a, CancellationToken c) => throw new IOException();
                public Task<ControlResult> ExecuteAsync(ControlCommand a, CancellationToken c) => throw new IOException();
                public Task<long?> FindCommandAsync(Guid a, CancellationToken c) => throw new IOException();
                public Task<ControlResult> DecideAsync(RequestVerdict a, CancellationToken c) => throw new IOException();
                public Task ReportAsync(ServerReport a, CancellationToken c) => throw new IOException();
                public IAsyncEnumerable<long> WatchAsync(CancellationToken c) => throw new IOException();
                public ValueTask DisposeAsync() => default;
            }

            [ExportStateStore("store")]
            public sealed class Store : Inherited
            {
            }
            """);
        using var log = new ContextLog(NullLoggerFactory.Instance);

        Subject subject = Assert.Single(Subject.All(_folder.Load(), PluginFolder.Services, log));

        Assert.Equal("state store store", subject.Name);
        string[] names = [.. subject.Checks.Select(static check => check.Name)];
        Assert.Equal(isTriedOut, names.Contains("gives back what was saved"));
        Assert.Equal(isTriedOut, subject.Omission is null);
        Assert.Contains("can be disposed twice, and unused", names);
    }
}
