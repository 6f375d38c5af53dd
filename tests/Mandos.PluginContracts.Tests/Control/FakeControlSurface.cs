using Mandos.Abstractions.Control;

namespace Mandos.PluginContracts.Tests.Control;

/// <summary>A control surface that does as it is told.</summary>
internal sealed class FakeControlSurface(Func<IMandosServer, CancellationToken, Task> run) : IControlSurface, IDisposable
{
    public Action Disposed { get; init; } = () => { };

    public Task RunAsync(IMandosServer server, CancellationToken cancellationToken) => run(server, cancellationToken);

    public void Dispose() => Disposed();
}
