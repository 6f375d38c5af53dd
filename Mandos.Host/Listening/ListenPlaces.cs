using System.Net;
using Mandos.Engine.Protocol;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Listening;

/// <summary>All places where the server listens.</summary>
/// <param name="options">Where.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">The log.</param>
/// <exception cref="ListenException">It cannot listen there.</exception>
internal sealed class ListenPlaces(ListenOptions options, TimeProvider timeProvider, ILogger logger) : IDisposable
{
    private readonly IReadOnlyList<ListenPlace> _places = ListenSocket.Open(options, logger);
    private readonly LinkWatcher _links = new(timeProvider, logger);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where it listens now.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => [.. _places.Where(place => place.IsListening).Select(place => place.EndPoint)];

    /// <summary>The port, the same everywhere unless the sockets were made elsewhere; then that of the first.</summary>
    public int Port => _places[0].EndPoint.Port;

    /// <summary>Ends when something else may be true of <see cref="EndPoints"/> or <see cref="InterfaceIndex"/>. To be asked for before these.</summary>
    public Task Changed => Task.WhenAny(Volatile.Read(ref _changed).Task, _links.Next);

    /// <summary>Number of the only interface to listen on, as it is now: null if there is none of its name, or none is asked for.</summary>
    public int? InterfaceIndex
        => options.Interface is { } name && Native.GetInterfaceIndex(name) is not 0 and var index ? (int)index : null;

    /// <summary>Accepts connections until cancelled.</summary>
    /// <param name="serve">Takes each connection.</param>
    /// <param name="room">How many more connections may be open at once.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>A task for each place, which ends before only if its socket is of no use any more, and one that looks after interfaces.</returns>
    public IReadOnlyList<Task> Run(Action<IPeerConnection> serve, SemaphoreSlim room, CancellationToken cancellationToken) =>
    [
        .. _places.Select(place => Task.Run(() => place.RunAsync(serve, room, _links, OnChange, timeProvider, cancellationToken), CancellationToken.None)),
        .. IsFollowing ? [Task.Run(() => _links.RunAsync(cancellationToken), CancellationToken.None)] : Array.Empty<Task>(),
    ];

    /// <summary>Finds a place that does not accept what there is to accept. To be asked now and then, by one thread at a time.</summary>
    public IPEndPoint? FindStuck() => _places.FirstOrDefault(place => !place.Probe())?.EndPoint;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ListenPlace place in _places)
        {
            place.Dispose();
        }
    }

    private bool IsFollowing => options.Interface is not null || _places.Any(place => place.IsFollowing);

    private void OnChange()
        => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
