using Mandos.Abstractions.Tls;
using Mandos.TestKit;
using Mandos.TlsBouncy;

namespace Mandos.PluginContracts.Tests.Tls;

/// <summary>A good back end behind a layer that can be made to do wrong.</summary>
internal sealed class BrokenTlsBackend : ITlsBackend
{
    public delegate Task<ITlsSession> Handshake(
        Func<Stream, CancellationToken, ValueTask<ITlsSession>> sound, Stream stream, CancellationToken token);

    private readonly BouncyTlsBackend _inner = new(new TestPluginContext());

    public Func<string, string> Priority { get; init; } = priority => priority;

    public Func<CancellationToken, Task>? WarmUp { get; init; }

    public Handshake HandshakeAsync { get; init; } = async (sound, stream, token) => await sound(stream, token);

    public Func<PriorityDescription, PriorityDescription> Description { get; init; } = description => description;

    public Action Disposed { get; init; } = () => { };

    public Func<ITlsSession, ITlsSession> Session { get; init; } = session => session;

    public ITlsHandshaker CreateHandshaker(string priority) => new Handshaker(this, _inner.CreateHandshaker(Priority(priority)));

    public PriorityDescription DescribePriority(string priority) => Description(_inner.DescribePriority(Priority(priority)));

    public void Dispose()
    {
        _inner.Dispose();
        Disposed();
    }

    private sealed class Handshaker(BrokenTlsBackend backend, ITlsHandshaker inner) : ITlsHandshaker
    {
        public Task WarmUpAsync(CancellationToken cancellationToken)
            => backend.WarmUp?.Invoke(cancellationToken) ?? inner.WarmUpAsync(cancellationToken);

        public async ValueTask<ITlsSession> HandshakeAsync(Stream stream, CancellationToken cancellationToken)
            => backend.Session(await backend.HandshakeAsync(inner.HandshakeAsync, stream, cancellationToken));
    }
}
