using Mandos.Abstractions.Tls;

namespace Mandos.PluginContracts.Tests.Tls;

/// <summary>A good session behind a layer that can be made to do wrong.</summary>
internal sealed class BrokenTlsSession(ITlsSession inner) : ITlsSession
{
    public PeerKey PeerKey { get; init; } = inner.PeerKey;

    public string Description { get; init; } = inner.Description;

    public Func<CancellationToken, Task>? WaitForPeerClose { get; init; }

    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Data { get; init; } = data => data;

    public Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> Write { get; init; } = inner.WriteAsync;

    public Action Disposed { get; init; } = () => { };

    public bool SendsCloseNotify { get; init; } = true;

    public async ValueTask WaitForPeerCloseAsync(CancellationToken cancellationToken)
        => await (WaitForPeerClose?.Invoke(cancellationToken) ?? inner.WaitForPeerCloseAsync(cancellationToken).AsTask());

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        => Write(Data(data), cancellationToken);

    public ValueTask CloseAsync(CancellationToken cancellationToken)
        => SendsCloseNotify ? inner.CloseAsync(cancellationToken) : ValueTask.CompletedTask;

    public void Dispose()
    {
        inner.Dispose();
        Disposed();
    }
}
