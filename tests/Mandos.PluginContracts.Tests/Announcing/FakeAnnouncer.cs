using Mandos.Abstractions.Announcing;

namespace Mandos.PluginContracts.Tests.Announcing;

/// <summary>An announcer that does as it is told.</summary>
internal sealed class FakeAnnouncer(Func<ServiceDescription, IProgress<string>, CancellationToken, Task> run) : IAnnouncer, IDisposable
{
    public Action Disposed { get; init; } = () => { };

    public Task RunAsync(ServiceDescription service, IProgress<string> announced, CancellationToken cancellationToken)
        => run(service, announced, cancellationToken);

    public void Dispose() => Disposed();
}
