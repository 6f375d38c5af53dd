using System.Composition;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Plugins;
using Mandos.Bus;
using Mandos.MdnsAnnouncer.Avahi;
using Mandos.MdnsAnnouncer.Responding;
using Microsoft.Extensions.Logging;

namespace Mandos.MdnsAnnouncer;

/// <summary>Announces by Multicast DNS (RFC 6762) itself, for machines without Avahi.</summary>
[ExportAnnouncer("mdns", OnlyIfChosen = true, Settings = [OnlyWithoutAvahiName])]
public sealed partial class MulticastAnnouncer : IAnnouncer
{
    private const string OnlyWithoutAvahiName = "only_without_avahi";

    /// <summary>A restart of Avahi is over by then.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly IPluginContext _context;
    private readonly ILogger _logger;
    private readonly bool _isOnlyWithoutAvahi;

    /// <summary>Makes an announcer that does nothing yet.</summary>
    /// <param name="context">Gives log, time and settings.</param>
    /// <exception cref="PluginSettingException">A setting is wrong.</exception>
    [ImportingConstructor]
    public MulticastAnnouncer(IPluginContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        (_context, _logger) = (context, context.Logger);
        string text = context.Settings.GetValueOrDefault(OnlyWithoutAvahiName, "false");
        if (!bool.TryParse(text, out _isOnlyWithoutAvahi))
        {
            throw new PluginSettingException(OnlyWithoutAvahiName, "should be true or false");
        }
    }

    /// <summary>The bus on which Avahi would be.</summary>
    internal string Address { get; init; } = BusAddress.System;

    /// <inheritdoc/>
    public async Task RunAsync(ServiceDescription service, IProgress<string> announced, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(announced);
        ServiceNames names = ServiceNames.Of(service.Name, Environment.MachineName);
        _ = new Zone(names, service.Type, service.Port, []); // Fails at once if the name does not fit.
        if (!_isOnlyWithoutAvahi)
        {
            await AnnounceAsync(service, names, announced, cancellationToken).ConfigureAwait(false);
            return;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = new AvahiWatch(Address, _logger, _context.TimeProvider);
        Task watching = watch.RunAsync(ended.Token);
        try
        {
            await StandInAsync(watch, watching, token => AnnounceAsync(service, names, announced, token), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
        }
    }

    private async Task AnnounceAsync(ServiceDescription service, ServiceNames names, IProgress<string> announced, CancellationToken cancellationToken)
    {
        using var session = new AnnouncementSession(service, names, announced, _context);
        await session.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Announces while Avahi is away.</summary>
    private async Task StandInAsync(AvahiWatch watch, Task watching, Func<CancellationToken, Task> announce, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && !watching.IsCompleted)
        {
            (bool isThere, Task changed) = watch.State;
            TimeSpan time = isThere ? Timeout.InfiniteTimeSpan : _patience;
            LogWaiting(isThere);
            await Task.WhenAny(changed, watching, Task.Delay(time, _context.TimeProvider, cancellationToken)).ConfigureAwait(false);
            if (isThere || changed.IsCompleted || watching.IsCompleted || cancellationToken.IsCancellationRequested)
            {
                continue;
            }

            LogStandingIn(_patience.TotalSeconds);
            using var back = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task announcing = announce(back.Token);
            await Task.WhenAny(announcing, changed, watching).ConfigureAwait(false);
            await back.CancelAsync().ConfigureAwait(false);
            await announcing.ConfigureAwait(false);
        }
    }
}
