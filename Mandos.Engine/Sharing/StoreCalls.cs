using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>Calls the shared store beside the engine loop, and has the loop told what came of it.</summary>
/// <param name="services">What the engine shares.</param>
/// <param name="offload">Has something run on another thread than the loop: a store may block. Tests run it at once.</param>
internal sealed class StoreCalls(EngineServices services, Action<Action>? offload) : IDisposable
{
    private readonly Action<Action> _offload = offload ?? (static work => ThreadPool.QueueUserWorkItem(static work => work(), work, preferLocal: false));
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Cancelled when nothing may be called any more.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Makes a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="limit">After that long its answer does not count: <paramref name="failed"/> gets a <see cref="TimeoutException"/>.</param>
    /// <param name="done">Gets the answer, on the loop.</param>
    /// <param name="failed">Gets the exception, on the loop.</param>
    public void Call<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, Action<T> done, Action<Exception> failed)
    {
        CancellationToken token = _stop.Token;
        _offload(() => _ = RunAsync());

        async Task RunAsync()
        {
            T answer;
            try
            {
                answer = await call(token).WaitAsync(limit, services.Clock.TimeProvider, token).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Whatever the store's fault, the server goes on and tries again
                services.Loop.Post(() => failed(e));
                return;
            }

            services.Loop.Post(() => done(answer));
        }
    }

    /// <inheritdoc cref="Call{T}"/>
    public void Call(Func<CancellationToken, Task> call, TimeSpan limit, Action done, Action<Exception> failed) => Call(
        async token =>
        {
            await call(token).ConfigureAwait(false);
            return true;
        },
        limit, _ => done(), failed);

    /// <summary>Gives up what is under way.</summary>
    public void Dispose()
    {
        if (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
        }
    }
}
