using System.Runtime.CompilerServices;
using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.TestKit.Control;

/// <summary>The events of a server in their order.</summary>
public sealed class TestEvents : IDisposable
{
    private readonly TestControlConnection _connection;

    internal TestEvents(IReadOnlyList<ClientSnapshot> clients, TestControlConnection connection)
        => (Clients, _connection) = (clients, connection);

    /// <summary>All clients at the moment before the first event.</summary>
    public IReadOnlyList<ClientSnapshot> Clients { get; }

    /// <summary>The next event; null when the server has stopped.</summary>
    /// <param name="cancellationToken">Gives up waiting; the stream is then unusable.</param>
    /// <exception cref="TestControlException">The server ended the flow, for example because it was read too slowly.</exception>
    public async Task<ServerEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await _connection.ReadAsync(cancellationToken) is not { } line)
        {
            return null;
        }

        if (line.TryGetProperty("error", out var error))
        {
            throw new TestControlException(error.GetString()!, line.GetProperty("exception").GetString()!);
        }

        var type = typeof(ServerEvent).Assembly.GetType($"{typeof(ServerEvent).Namespace}.{line.GetProperty("event").GetString()}", true)!;
        return (ServerEvent)line.GetProperty("data").Deserialize(type, TestControlJson.Options)!;
    }

    /// <summary>The next event of one type for which a condition holds; those before it are skipped.</summary>
    /// <exception cref="EndOfStreamException">The server stopped before.</exception>
    /// <inheritdoc cref="ReadAsync"/>
    public async Task<T> WaitForAsync<T>(Func<T, bool> condition, CancellationToken cancellationToken)
        where T : ServerEvent
    {
        await foreach (var next in ReadAllAsync(cancellationToken))
        {
            if (next is T wanted && condition(wanted))
            {
                return wanted;
            }
        }

        throw new EndOfStreamException($"the server stopped before an awaited {typeof(T).Name}");
    }

    /// <summary>All events until the server stops.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public async IAsyncEnumerable<ServerEvent> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await ReadAsync(cancellationToken) is { } next)
        {
            yield return next;
        }
    }

    public void Dispose() => _connection.Dispose();
}
