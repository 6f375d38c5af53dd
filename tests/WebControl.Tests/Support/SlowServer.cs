using System.Reflection;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace WebControl.Tests.Support;

/// <summary>A server that takes its time to list all clients, and counts how often it is asked to at once.</summary>
public class SlowServer : DispatchProxy
{
    private static readonly TimeSpan _time = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private IMandosServer _inner = null!;
    private int _now;

    /// <summary>The most that it was asked at once.</summary>
    public int MostAtOnce { get; private set; }

    public static IMandosServer Over(IMandosServer inner)
    {
        IMandosServer result = Create<IMandosServer, SlowServer>();
        ((SlowServer)result)._inner = inner;
        return result;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        nameof(IMandosServer.GetClientsAsync) => new ValueTask<IReadOnlyList<ClientSnapshot>>(
            CountAsync(() => _inner.GetClientsAsync((CancellationToken)args![0]!))),
        nameof(IMandosServer.SubscribeAsync) => new ValueTask<ServerSubscription>(
            CountAsync(() => _inner.SubscribeAsync((CancellationToken)args![0]!))),
        _ => targetMethod.Invoke(_inner, args),
    };

    private async Task<T> CountAsync<T>(Func<ValueTask<T>> ask)
    {
        lock (_lock)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++_now);
        }

        await Task.Delay(_time, TimeProvider.System);
        lock (_lock)
        {
            _now--;
        }

        return await ask();
    }
}
