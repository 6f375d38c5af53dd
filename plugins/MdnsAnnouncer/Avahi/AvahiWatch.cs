using Mandos.Abstractions.Plugins;
using Mandos.Bus;
using Microsoft.Extensions.Logging;
using Tmds.DBus.Protocol;

namespace Mandos.MdnsAnnouncer.Avahi;

/// <summary>Follows whether Avahi is on the bus. Where there is no bus, there is no Avahi.</summary>
/// <param name="address">The bus.</param>
/// <param name="logger">The log.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class AvahiWatch(string address, ILogger logger, TimeProvider timeProvider)
{
    private const string AvahiName = "org.freedesktop.Avahi";
    private const string BusInterface = "org.freedesktop.DBus";

    private static readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isThere;

    /// <summary>Whether it is there, and what ends when that is not so any more.</summary>
    public (bool IsThere, Task Changed) State
    {
        get
        {
            lock (_lock)
            {
                return (_isThere, _changed.Task);
            }
        }
    }

    /// <summary>Follows it until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan pause = TimeSpan.Zero;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var connection = new BusConnection(new BusOptions(address) { Name = "mdns", Logger = logger, TimeProvider = timeProvider });
                await using (connection.ConfigureAwait(false))
                {
                    await connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
                    await FollowAsync(connection, cancellationToken).ConfigureAwait(false);
                    pause = TimeSpan.Zero;
                    await connection.DisconnectedAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is DBusExceptionBase or OperationCanceledException)
            {
                // No bus, or not any more
            }

            Note(isThere: false);
            pause = _backoff.After(pause);
            await Task.Delay(pause, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(BusConnection connection, CancellationToken cancellationToken)
    {
        // The signal first, so that nothing is missed after the question
        var rule = new MatchRule
        {
            Type = MessageType.Signal, Sender = BusInterface, Interface = BusInterface, Member = "NameOwnerChanged", Arg0 = AvahiName,
        };
        bool hasChanged = false;
        await connection.AddMatchAsync(
            rule,
            message =>
            {
                if (message.SenderAsString == BusInterface && message.SignatureAsString == "sss")
                {
                    Reader body = message.GetBodyReader();
                    string name = body.ReadString();
                    _ = body.ReadString(); // the old owner
                    string owner = body.ReadString();
                    if (name == AvahiName)
                    {
                        hasChanged = true;
                        Note(owner.Length > 0);
                    }
                }
            },
            cancellationToken).ConfigureAwait(false);
        bool isThere = await connection.GetNameOwnerAsync(AvahiName, cancellationToken).ConfigureAwait(false) is not null;
        connection.Post(() =>
        {
            if (!hasChanged)
            {
                Note(isThere);
            }
        });
    }

    private void Note(bool isThere)
    {
        lock (_lock)
        {
            if (isThere != _isThere)
            {
                _isThere = isThere;
                _changed.SetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
