using System.Net;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.PluginContracts.Samples;

namespace Mandos.PluginContracts.Control;

/// <summary>What every <see cref="IControlSurface"/> has to do.</summary>
public static class ControlSurfaceContract
{
    private static readonly CommandSource _source = new("contract-checks");

    /// <summary>
    /// The checks of a control surface. A failure, such as that of a bus which is not there, is allowed; ending silently is not.
    /// The surface shows the sample clients to everybody who can reach it: give it settings by which nobody can.
    /// </summary>
    /// <param name="create">Makes a control surface.</param>
    /// <param name="limits">How long to wait.</param>
    public static IReadOnlyList<PluginCheck> Checks(Func<ContractContext, IControlSurface> create, ContractLimits? limits = null)
    {
        limits ??= new ContractLimits();
        return
        [
            .. CommonChecks.Of(create, limits),
            Check("runs until cancelled", (surface, token) => RunAsync(surface, Server(), token)),
            Check("can be run again", async (surface, token) =>
            {
                await RunAsync(surface, Server(), token).ConfigureAwait(false);
                await RunAsync(surface, Server(), token).ConfigureAwait(false);
            }),
            Check("ends when cancelled before it began", async (surface, _) =>
            {
                Task run = Task.Run(
                    () => surface.RunAsync(Server(), new CancellationToken(canceled: true)), CancellationToken.None);
                await Contract.EndsAsync(
                    run, limits.Stop, "RunAsync did not end, though cancelled before it began").ConfigureAwait(false);
            }),
            Check("survives every event", SurvivesEventsAsync),
            Check("takes odd clients", async (surface, token) =>
            {
                var odd = new InMemoryServer(SampleClients.Odd().DistinctBy(client => client.Name));
                if (await RunAsync(surface, Server(), token).ConfigureAwait(false) is null
                    && await RunAsync(surface, odd, token).ConfigureAwait(false) is { } failure)
                {
                    throw new ContractViolationException($"it fails with odd clients: {Contract.Describe(failure)}", failure);
                }
            }),
            Check("gives up its subscriptions at the end", async (surface, token) =>
            {
                InMemoryServer server = Server();
                await RunAsync(surface, server, token).ConfigureAwait(false);
                Contract.Require(server.Subscriptions == 0, "it ended and did not dispose its subscription");
            }),
            Check("does not end silently when the server fails it", async (surface, token) =>
            {
                InMemoryServer server = Server();
                server.Failure = new InvalidOperationException("the server is made to fail");
                await RunAsync(surface, server, token).ConfigureAwait(false);
            }),
            Check("ends when cancelled while the server does not answer", async (surface, token) =>
            {
                InMemoryServer server = Server();
                server.Silent = true;
                await RunAsync(surface, server, token).ConfigureAwait(false);
            }),
            Check("takes a thousand clients, and a thousand events", TakesManyAsync),
            Check("subscribes again, or fails, when it has fallen behind", SubscribesAgainAsync),
            Check("takes the end of the server's events for no failure", TakesEndAsync),
        ];

        PluginCheck Check(string name, Func<IControlSurface, CancellationToken, Task> body)
            => new(name, token => Trial.UseAsync(create, (surface, _) => body(surface, token)));

        Task<Exception?> RunAsync(IControlSurface surface, InMemoryServer server, CancellationToken cancellationToken)
            => Contract.RunUntilCancelledAsync(
                stop => surface.RunAsync(server, stop), _ => Task.CompletedTask, limits, cancellationToken);

        async Task SurvivesEventsAsync(IControlSurface surface, CancellationToken cancellationToken)
        {
            InMemoryServer server = Server();
            await RunAndAsync(
                surface,
                server,
                async running =>
                {
                    await CauseEventsAsync(server, cancellationToken).ConfigureAwait(false);
                    await GoesOnAsync(running, "when events come", cancellationToken).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }

        async Task TakesManyAsync(IControlSurface surface, CancellationToken cancellationToken)
        {
            const int many = 1000;
            var server = new InMemoryServer(Enumerable.Range(0, many).Select(SampleClients.Snapshot));
            await RunAndAsync(
                surface,
                server,
                async running =>
                {
                    for (int i = 0; i < many; i++)
                    {
                        await server.StartCheckerAsync(SampleClients.Snapshot(i).Name, _source, cancellationToken).ConfigureAwait(false);
                    }

                    await GoesOnAsync(running, "with many clients and events", cancellationToken).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }

        async Task SubscribesAgainAsync(IControlSurface surface, CancellationToken cancellationToken)
        {
            InMemoryServer server = Server();
            await RunAndAsync(
                surface,
                server,
                async running =>
                {
                    server.Overflow();
                    Task again = server.SubscribedAsync(cancellationToken);
                    await Task.WhenAny(
                        running, again, Task.Delay(limits.Stop, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
                    Contract.Require(
                        running.IsCompleted || again.IsCompleted,
                        "it runs on without a subscription after it had fallen behind and lost events");
                },
                cancellationToken).ConfigureAwait(false);
        }

        // The server may end the events before it cancels the run, or after.
        async Task TakesEndAsync(IControlSurface surface, CancellationToken cancellationToken)
        {
            InMemoryServer server = Server();
            await RunAndAsync(
                surface,
                server,
                async running =>
                {
                    server.Stop();
                    await GoesOnAsync(running, "when the server ends its events", cancellationToken).ConfigureAwait(false);
                },
                cancellationToken,
                mayEnd: true).ConfigureAwait(false);
        }

        async Task GoesOnAsync(Task running, string when, CancellationToken cancellationToken)
        {
            await Task.WhenAny(running, Task.Delay(limits.Run, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
            RequireNone(running.Exception?.InnerException, when);
        }

        // The part in between needs a surface that subscribes. One that waits for something that is not there does not.
        Task<Exception?> RunAndAsync(
            IControlSurface surface,
            InMemoryServer server,
            Func<Task, Task> meanwhile,
            CancellationToken cancellationToken,
            bool mayEnd = false)
            => Contract.RunUntilCancelledAsync(
                stop => surface.RunAsync(server, stop),
                async running =>
                {
                    Task subscribed = server.SubscribedAsync(cancellationToken);
                    await Task.WhenAny(
                        subscribed, running, Task.Delay(limits.Subscribe, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
                    if (subscribed.IsCompleted && !running.IsCompleted)
                    {
                        await meanwhile(running).ConfigureAwait(false);
                    }
                },
                limits,
                cancellationToken,
                mayEnd);
    }

    private static void RequireNone(Exception? failure, string when)
    {
        if (failure is not null)
        {
            throw new ContractViolationException($"it fails {when}: {Contract.Describe(failure)}", failure);
        }
    }

    private static InMemoryServer Server()
        => new([SampleClients.Snapshot(1), SampleClients.Snapshot(2)]);

    private static async Task CauseEventsAsync(InMemoryServer server, CancellationToken cancellationToken)
    {
        ClientSnapshot client = SampleClients.Snapshot(3);
        server.Add(client);
        await server.DisableAsync(client.Name, _source, cancellationToken).ConfigureAwait(false);
        await server.EnableAsync(client.Name, _source, cancellationToken).ConfigureAwait(false);
        await server.StartCheckerAsync(client.Name, _source, cancellationToken).ConfigureAwait(false);
        await server.StopCheckerAsync(client.Name, _source, cancellationToken).ConfigureAwait(false);
        await server.MarkCheckedOkAsync(client.Name, _source, cancellationToken).ConfigureAwait(false);
        await server.SetSecretAsync(client.Name, new byte[] { 1 }, _source, cancellationToken).ConfigureAwait(false);
        ClientSettings unusual = SampleClients.Unusual(3).FileSettings;
        ClientChange change = ClientSetting.All.Aggregate(ClientChange.None, (some, setting) => some.With(setting, unusual));
        await server.ChangeAsync(client.Name, change, _source, cancellationToken).ConfigureAwait(false);
        server.Update(client.Name, snapshot => snapshot with { ApprovalsPending = 1, LastApprovalRequest = client.Created });
        IPEndPoint[] peers = [new(IPAddress.Loopback, 1), new(IPAddress.IPv6Loopback, 2)];
        SecretRequest[] requests = [.. peers.Select((peer, i) => new SecretRequest(i + 1, peer, client.Settings.KeyId!, client.Created))];
        server.Publish(new NeedApproval(client, requests[0], TimeSpan.FromSeconds(1), ApprovedByDefault: true));
        server.Update(client.Name, snapshot => snapshot with { Requests = requests });
        server.Publish(new ConflictingRequests(client, [.. peers.Select(static peer => peer.Address)]));
        foreach (AnomalyKind kind in Enum.GetValues<AnomalyKind>())
        {
            server.Publish(new AnomalyNoticed(client, requests[1], kind, "its own system runs"));
        }

        await server.DecideAsync(1, approved: true, _source, cancellationToken).ConfigureAwait(false);
        server.Publish(new GotSecret(client, requests[0]));
        server.Publish(new CheckerCompleted(client, CheckResult.Exited(1), "true"));
        server.Publish(new CheckerCompleted(client, CheckResult.Signaled(9), "true"));
        server.Publish(new CheckerCompleted(client, CheckResult.Failed("no such program"), "true"));
        foreach (RejectionReason reason in Enum.GetValues<RejectionReason>())
        {
            server.Publish(new Rejected(client, requests[1], reason));
        }

        server.Publish(new ClientNotFound(client.Settings.KeyId!, IPAddress.IPv6Loopback));
        server.Publish(new InvitationArrived(new Invitation { Name = client.Name, Created = client.Created, Until = client.Created }));
        await server.RemoveAsync(client.Name, _source, cancellationToken).ConfigureAwait(false);
    }
}
