using System.Threading.Channels;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Api;

/// <summary>
/// Reads all clients for the answers of one listener, for one answer at a time: the engine lists them on its loop, where machines that boot have to wait
/// meanwhile, and many pages may ask at once just when they boot. Thread-safe.
/// </summary>
/// <param name="server">The server.</param>
internal sealed class ClientLists(IMandosServer server)
{
    /// <summary>Holds something while somebody has their turn.</summary>
    private readonly Channel<bool> _turn = Channel.CreateBounded<bool>(1);

    /// <summary>Reads what an answer needs of all clients.</summary>
    /// <param name="call">Whose answer it is.</param>
    /// <param name="choose">Takes what is needed.</param>
    public Task<T> ReadAsync<T>(WebCall call, Func<IReadOnlyList<ClientSnapshot>, T> choose) => InTurnAsync(
        call, async stopping => choose(await server.GetClientsAsync(stopping).ConfigureAwait(false)));

    /// <summary>Subscribes, for which the engine lists all clients too.</summary>
    public Task<ServerSubscription> SubscribeAsync(WebCall call) => InTurnAsync(call, stopping => server.SubscribeAsync(stopping).AsTask());

    /// <summary>Whoever goes away gives up waiting, here and at the engine, which finishes only what it has begun.</summary>
    private async Task<T> InTurnAsync<T>(WebCall call, Func<CancellationToken, Task<T>> ask)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, call.Stopping);
        await _turn.Writer.WriteAsync(true, gone.Token).ConfigureAwait(false);
        try
        {
            return await ask(gone.Token).ConfigureAwait(false);
        }
        finally
        {
            _turn.Reader.TryRead(out _);
        }
    }
}
