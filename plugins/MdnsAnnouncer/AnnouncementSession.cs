using System.Net;
using System.Net.Sockets;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Plugins;
using Mandos.MdnsAnnouncer.Network;
using Mandos.MdnsAnnouncer.Responding;
using Microsoft.Extensions.Logging;

namespace Mandos.MdnsAnnouncer;

/// <summary>Announces a service on the interfaces that there are, and follows them.</summary>
internal sealed partial class AnnouncementSession : IAnnouncementEvents, IDisposable
{
    /// <summary>More interfaces are not announced on.</summary>
    private const int MaxLinks = 64;

    /// <summary>More addresses of an interface are not announced, so that all fit into a message.</summary>
    private const int MaxAddresses = 16;

    /// <summary>An interface that comes or goes makes several changes: they count as one.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    /// <summary>After so long the interfaces are looked at anyway.</summary>
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(60);

    /// <summary>The same where something does not work.</summary>
    private static readonly TimeSpan _shortWait = TimeSpan.FromSeconds(2);

    private readonly ServiceDescription _service;
    private readonly IProgress<string> _announced;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Announcement _announcement;
    private readonly Dictionary<int, (string Name, MulticastSocket Socket)> _links = [];
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private readonly long _start;
    private TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _trouble = "";
    private bool _hasEnded;

    /// <summary>A session that does nothing yet.</summary>
    /// <param name="service">What to announce.</param>
    /// <param name="names">The names to begin with.</param>
    /// <param name="announced">Is told the name.</param>
    /// <param name="context">Gives log and time.</param>
    public AnnouncementSession(ServiceDescription service, ServiceNames names, IProgress<string> announced, IPluginContext context)
    {
        (_service, _announced, _timeProvider, _logger) = (service, announced, context.TimeProvider, context.Logger);
        _announcement = new Announcement(service, names, this, Random.Shared);
        _start = _timeProvider.GetTimestamp();
        _timer = _timeProvider.CreateTimer(_ => Do(static _ => { }), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The names in force.</summary>
    public ServiceNames Names => _announcement.Names;

    /// <summary>Announces until cancelled, then withdraws.</summary>
    /// <exception cref="SocketException">The kernel does not tell when interfaces change.</exception>
    /// <exception cref="ArgumentException">The name of the service is too long, or empty.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var netlink = new NetlinkSocket();
        Task changed = netlink.WaitAsync(cancellationToken);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                if (changed.IsCompleted)
                {
                    changed = netlink.WaitAsync(cancellationToken);
                }

                Task lost = (_lost = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                bool isWell = Look();
                Task wait = Task.Delay(isWell ? _longestWait : _shortWait, _timeProvider, cancellationToken);
                await Task.WhenAny(changed, lost, wait, _failed.Task).ConfigureAwait(false);
                if (_failed.Task.IsCompleted)
                {
                    await _failed.Task.ConfigureAwait(false);
                }

                // One that is lost comes back after a while, if it does.
                await Task.Delay(lost.IsCompleted ? _shortWait : _pause, _timeProvider, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            End();
        }
    }

    /// <inheritdoc/>
    void IAnnouncementEvents.OnAnnounced(string name) => _announced.Report(name);

    /// <inheritdoc/>
    void IAnnouncementEvents.OnTaken(string taken, string next) => LogRenamed(taken, next);

    /// <inheritdoc/>
    public void Dispose() => End();

    /// <summary>Looks at the interfaces.</summary>
    /// <returns>Whether the service is announced wherever it should.</returns>
    private bool Look()
    {
        IReadOnlyList<NetworkInterfaceState>? interfaces;
        try
        {
            interfaces = NetlinkSocket.List(_service.AddressFamily, _service.InterfaceIndex);
        }
        catch (SocketException e)
        {
            LogNotListed(e.Message); // such as for want of a descriptor; what is announced stays
            return false;
        }

        if (interfaces is null)
        {
            return false; // they change just now
        }

        List<string> refusals = [];
        Do(now =>
        {
            foreach (int index in _links.Keys.Except(interfaces.Select(static one => one.Index)).ToArray())
            {
                Drop(index, now);
            }

            foreach (NetworkInterfaceState one in interfaces.Take(MaxLinks))
            {
                LinkAddresses addresses = AddressesOf(one);
                if (_links.ContainsKey(one.Index))
                {
                    _announcement.Update(one.Index, addresses, now);
                    continue;
                }

                try
                {
                    MulticastSocket socket = MulticastSocket.Open(one.Index, _service.AddressFamily);
                    _links[one.Index] = (one.Name, socket);
                    _announcement.Add(one.Index, socket, addresses, now);
                    LogLink(one.Name);
                    _ = Task.Run(() => ReadAsync(one.Index, socket));
                }
                catch (SocketException e)
                {
                    refusals.Add($"interface {one.Name}: {e.Message}");
                }
            }
        });
        Tell(interfaces.Count, string.Join("; ", refusals));
        return refusals.Count == 0;
    }

    /// <summary>Says what keeps the service from being announced, once.</summary>
    private void Tell(int interfaces, string refusals)
    {
        string trouble = interfaces == 0 ? "no interface" : refusals;
        if (trouble == _trouble)
        {
            return;
        }

        _trouble = trouble;
        if (interfaces == 0)
        {
            LogNoInterface(_service.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4");
        }
        else if (refusals.Length > 0)
        {
            LogRefused(refusals);
        }
    }

    private static LinkAddresses AddressesOf(NetworkInterfaceState one)
    {
        // As Avahi does: those that are good on this link only, if there are no others.
        IEnumerable<InterfaceAddress> best = one.Addresses.Any(static address => address.IsGlobal)
            ? one.Addresses.Where(static address => address.IsGlobal)
            : one.Addresses;
        return new LinkAddresses(
            [.. best.Select(static address => address.Address).Take(MaxAddresses)],
            [.. one.Addresses.Take(MaxAddresses).Select(static address => NetworkOf(address)).Distinct()]);
    }

    private static IPNetwork NetworkOf(InterfaceAddress address)
    {
        byte[] bytes = address.Address.GetAddressBytes();
        for (int bit = address.PrefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), address.PrefixLength);
    }

    /// <summary>Takes messages of a link until it ends.</summary>
    private async Task ReadAsync(int index, MulticastSocket socket)
    {
        try
        {
            await socket.ReadAsync(
                (message, source) => Do(now => _announcement.Receive(index, message.Span, source, now)), _timeProvider).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Its interface is gone or down, or the session has ended. Whatever else it is, somebody has to know.
            Do(now =>
            {
                if (_links.TryGetValue(index, out var link) && link.Socket == socket)
                {
                    LogLost(link.Name, e.Message);
                    Drop(index, now);
                    _lost.TrySetResult();
                }
            });
            if (e is not (SocketException or ObjectDisposedException))
            {
                _failed.TrySetException(e);
            }
        }
    }

    private void Drop(int index, TimeSpan now)
    {
        _announcement.Remove(index, now);
        if (_links.Remove(index, out var link))
        {
            LogDropped(link.Name);
            link.Socket.Dispose();
        }
    }

    /// <summary>Does something, one thing at a time, and then what is due.</summary>
    private void Do(Action<TimeSpan> action)
    {
        lock (_lock)
        {
            if (_hasEnded)
            {
                return;
            }

            try
            {
                TimeSpan now = _timeProvider.GetElapsedTime(_start);
                action(now);
                _announcement.Run(now);
                // Whole milliseconds, as timers have, and not too early
                TimeSpan? wait = _announcement.Next - now;
                _timer.Change(
                    wait is { } time ? TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(time.TotalMilliseconds))) : Timeout.InfiniteTimeSpan,
                    Timeout.InfiniteTimeSpan);
            }
            catch (Exception e)
            {
                // On a thread of the pool nobody would see it
                _failed.TrySetException(e);
            }
        }
    }

    private void End()
    {
        lock (_lock)
        {
            if (!_hasEnded)
            {
                _hasEnded = true;
                _announcement.Withdraw();
                _timer.Dispose();
                foreach ((_, MulticastSocket socket) in _links.Values)
                {
                    socket.Dispose();
                }
            }
        }
    }
}
