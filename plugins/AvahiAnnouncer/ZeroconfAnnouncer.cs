using System.Composition;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Plugins;
using Mandos.AvahiAnnouncer.Registration;
using Mandos.Bus;
using Tmds.DBus.Protocol;

namespace Mandos.AvahiAnnouncer;

/// <summary>
/// The standard announcer: Zeroconf (RFC 6763) by way of Avahi on the system bus. Where bus or Avahi are not there, or go away, it
/// waits for them.
/// </summary>
/// <param name="context">Gives log and time.</param>
[ExportAnnouncer("avahi")]
[method: ImportingConstructor]
public sealed partial class ZeroconfAnnouncer(IPluginContext context) : IAnnouncer
{
    private static readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>How long the end waits for Avahi; together with the rest less than the second that the contract gives.</summary>
    private static readonly TimeSpan _withdrawTime = TimeSpan.FromSeconds(0.5);

    /// <summary>How long it waits for a bus that takes nothing.</summary>
    private static readonly TimeSpan _flushTime = TimeSpan.FromSeconds(0.25);

    /// <summary>The bus on which Avahi is.</summary>
    internal string Address { get; init; } = BusAddress.System;

    /// <inheritdoc/>
    public async Task RunAsync(ServiceDescription service, IProgress<string> announced, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(announced);
        string name = service.Name;
        bool troubled = false;
        bool isMissed = false;
        TimeSpan pause = TimeSpan.Zero;
        while (!cancellationToken.IsCancellationRequested)
        {
            // A name that was taken is not tried again, so that two servers do not swap names (RFC 6762 section 9).
            var registration = new ServiceRegistration(name);
            bool worked = false;
            string? trouble = null;
            try
            {
                await RunOnceAsync(service, registration, Notify, cancellationToken).ConfigureAwait(false);
            }
            catch (DBusExceptionBase e)
            {
                trouble = e.Message;
            }

            pause = worked ? _backoff.Shortest : _backoff.After(pause); // however it ended, so that no end makes this loop spin
            if (trouble is not null)
            {
                if (worked || !troubled)
                {
                    LogTrouble(context.Logger, trouble);
                }
                else
                {
                    LogSameTrouble(context.Logger, trouble, pause.TotalSeconds);
                }

                troubled = isMissed = true;
            }

            name = registration.Name;
            await Task.Delay(pause, context.TimeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            void Notify(Step step)
            {
                Log(step);
                isMissed |= step is Step.Waiting { State: null or ServerState.Failure };
                if (step is Step.Announced established)
                {
                    if (isMissed)
                    {
                        LogAnnouncedAtLast(context.Logger, established.Name);
                    }

                    isMissed = false;
                    worked = true;
                    announced.Report(established.Name);
                }
            }
        }
    }

    private async Task RunOnceAsync(
        ServiceDescription service, ServiceRegistration registration, Action<Step> notify, CancellationToken cancellationToken)
    {
        var options = new BusOptions(Address)
        {
            Name = "avahi",
            Logger = context.Logger,
            TimeProvider = context.TimeProvider,
            FlushTimeout = _flushTime,
        };
        var connection = new BusConnection(options);
        await using (connection.ConfigureAwait(false))
        {
            var session = new AvahiSession(connection, service, registration, notify, context.TimeProvider);
            try
            {
                await connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
                await session.RunAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                await WithdrawAsync(session).ConfigureAwait(false);
            }
        }
    }

    private async Task WithdrawAsync(AvahiSession session)
    {
        try
        {
            await session.WithdrawAsync().WaitAsync(_withdrawTime, context.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogNotWithdrawn(context.Logger);
        }
    }

    private void Log(Step step)
    {
        switch (step)
        {
            case Step.Renamed renamed:
                LogRenamed(context.Logger, renamed.Taken, renamed.Name);
                break;
            case Step.Request { Method: AvahiMethod.Commit }:
                LogCommitted(context.Logger);
                break;
            case Step.Hidden hidden:
                LogHidden(context.Logger, hidden.Name);
                break;
            case Step.Found found:
                LogFound(context.Logger, found.Name);
                break;
            case Step.Retried retried:
                LogRetried(context.Logger, retried.Name);
                break;
            case Step.Waiting { State: null }:
                LogNoAvahi(context.Logger);
                break;
            case Step.Waiting { State: ServerState.Collision }:
                LogHostCollision(context.Logger);
                break;
            case Step.Waiting { State: ServerState.Failure }:
                LogAvahiFailed(context.Logger);
                break;
            case Step.Waiting { State: { } state }:
                LogNotReady(context.Logger, state);
                break;
        }
    }
}
