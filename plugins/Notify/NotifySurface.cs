using System.Composition;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Plugins;
using Mandos.Notify.Delivery;
using Mandos.Notify.Messages;
using Mandos.Notify.Settings;
using Mandos.Notify.Targets;
using Microsoft.Extensions.Logging;

namespace Mandos.Notify;

/// <summary>Tells people what happens: by web, mail, or a program. It only listens, and gives no command.</summary>
[ExportControlSurface(
    "notify",
    OnlyIfChosen = true,
    Settings =
    [
        "link_url", "server_name",
        "webhook.*.events", "webhook.*.events.*", "webhook.*.clients", "webhook.*.clients.*", "webhook.*.root_certificate",
        "webhook.*.url", "webhook.*.secret_file", "webhook.*.secret_credential",
        "ntfy.*.events", "ntfy.*.events.*", "ntfy.*.clients", "ntfy.*.clients.*", "ntfy.*.root_certificate",
        "ntfy.*.url", "ntfy.*.token_file", "ntfy.*.token_credential",
        "matrix.*.events", "matrix.*.events.*", "matrix.*.clients", "matrix.*.clients.*", "matrix.*.root_certificate",
        "matrix.*.url", "matrix.*.room", "matrix.*.token_file", "matrix.*.token_credential",
        "telegram.*.events", "telegram.*.events.*", "telegram.*.clients", "telegram.*.clients.*", "telegram.*.root_certificate",
        "telegram.*.url", "telegram.*.chat", "telegram.*.token_file", "telegram.*.token_credential",
        "gotify.*.events", "gotify.*.events.*", "gotify.*.clients", "gotify.*.clients.*", "gotify.*.root_certificate",
        "gotify.*.url", "gotify.*.token_file", "gotify.*.token_credential",
        "mail.*.events", "mail.*.events.*", "mail.*.clients", "mail.*.clients.*", "mail.*.root_certificate",
        "mail.*.host", "mail.*.port", "mail.*.security", "mail.*.user", "mail.*.password_file", "mail.*.password_credential", "mail.*.from", "mail.*.to", "mail.*.to.*",
        "exec.*.events", "exec.*.events.*", "exec.*.clients", "exec.*.clients.*",
        "exec.*.command", "exec.*.command.*",
    ])]
public sealed partial class NotifySurface : IControlSurface
{
    private readonly NotifySettings _settings;
    private readonly TimeProvider _time;
    private readonly bool _isTrial;
    private readonly ILogger _logger;
    private bool _hasStarted;
    private long _lastRequest;

    /// <summary>Reads the settings and does nothing else.</summary>
    /// <param name="context">What the server gives.</param>
    /// <exception cref="PluginSettingException">Some are wrong.</exception>
    [ImportingConstructor]
    public NotifySurface(IPluginContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        (_time, _logger, _isTrial) = (context.TimeProvider, context.Logger, context.IsTrial);
        _settings = NotifySettings.Read(context.Settings);
    }

    /// <inheritdoc/>
    /// <remarks>After it was cancelled it takes <see cref="DeliveryLimits.Flush"/> at most for what is not told yet.</remarks>
    public async Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (_settings.Targets.Count == 0)
        {
            LogNobody();
        }

        LogTargets(string.Join(", ", _settings.Targets.Select(static target => target.Scope.Name)));
        var maker = new NoticeMaker(_settings.ServerName, _settings.LinkUrl, server.Links, _time);
        ISender[] senders = [.. _settings.Targets.Select(target => _isTrial ? new SilentSender() : Senders.Of(target, _time))];
        Subscriber[] subscribers =
        [
            .. _settings.Targets.Zip(senders, (target, sender)
                => new Subscriber(target.Scope, new Courier(target.Scope.Name, sender, maker.Summarize, _time, _logger))),
        ];
        using var stopFollowing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stop = new CancellationTokenSource();
        using var abort = new CancellationTokenSource();
        Task following = FollowAsync(server, maker, subscribers, stopFollowing.Token);
        Task[] couriers = [.. subscribers.Select(one => Task.Run(() => one.Courier.RunAsync(stop.Token, abort.Token), CancellationToken.None))];
        try
        {
            // None ends by itself unless it fails.
            await (await Task.WhenAny([following, .. couriers]).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            // First all that has happened is in the queues, then they are emptied.
            await stopFollowing.CancelAsync().ConfigureAwait(false);
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await stop.CancelAsync().ConfigureAwait(false);
            Task delivering = Task.WhenAll(couriers);
            await delivering.WaitAsync(DeliveryLimits.Flush, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await abort.CancelAsync().ConfigureAwait(false);
            await delivering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Array.ForEach(senders, static sender => sender.Dispose());
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task FollowAsync(IMandosServer server, NoticeMaker maker, Subscriber[] subscribers, CancellationToken cancellationToken)
    {
        HashSet<EventKind> wanted = [.. subscribers.SelectMany(static one => one.Scope.Events)];
        while (true)
        {
            try
            {
                await FollowOnceAsync(server, maker, wanted, subscribers, cancellationToken).ConfigureAwait(false);
                break;
            }
            catch (SubscriptionOverflowException)
            {
                LogEventsLost();
                Tell(subscribers, maker.EventsLost());
            }
        }

        // The server stops, and will cancel.
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken).ConfigureAwait(false);
    }

    private async Task FollowOnceAsync(
        IMandosServer server, NoticeMaker maker, HashSet<EventKind> wanted, Subscriber[] subscribers, CancellationToken cancellationToken)
    {
        using ServerSubscription subscription = await server.SubscribeAsync(cancellationToken).ConfigureAwait(false);
        TellOfPresent(subscription.Clients, maker, subscribers);
        try
        {
            await foreach (ServerEvent next in subscription.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                TellOf(next);
            }
        }
        catch (OperationCanceledException)
        {
            while (subscription.Events.TryRead(out ServerEvent? last))
            {
                TellOf(last);
            }

            throw;
        }

        void TellOf(ServerEvent next)
        {
            if (next is NeedApproval { Request.Id: var id })
            {
                _lastRequest = Math.Max(_lastRequest, id);
            }

            if (NoticeMaker.KindOf(next) is { } kind && wanted.Contains(kind) && maker.Of(next) is { } notice)
            {
                Tell(subscribers, notice);
            }
        }
    }

    /// <summary>Tells of requests that nobody was told of, as they came before the subscription.</summary>
    private void TellOfPresent(IReadOnlyList<ClientSnapshot> clients, NoticeMaker maker, Subscriber[] subscribers)
    {
        if (!_hasStarted)
        {
            _hasStarted = true;
            Tell(subscribers, maker.Started(clients.Count));
        }

        long told = _lastRequest;
        foreach ((ClientSnapshot client, SecretRequest request) in clients
            .SelectMany(static client => client.Requests.Select(request => (client, request))).Where(waiting => waiting.request.Id > told)
            .OrderBy(static waiting => waiting.request.Id))
        {
            TimeSpan left = client.Settings.ApprovalDelay - (_time.GetUtcNow() - request.Since);
            Tell(subscribers, maker.Waits(client, request, left > TimeSpan.Zero ? left : TimeSpan.Zero, client.Settings.ApprovedByDefault));
            _lastRequest = request.Id;
        }
    }

    private static void Tell(Subscriber[] subscribers, Notice notice)
    {
        foreach (Subscriber one in subscribers)
        {
            if (one.Scope.Wants(notice.Kind, notice.Client))
            {
                one.Courier.Queue.Add(notice);
            }
        }
    }

    private sealed record Subscriber(TargetScope Scope, Courier Courier);
}
