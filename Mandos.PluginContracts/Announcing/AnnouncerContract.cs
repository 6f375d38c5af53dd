using System.Net.Sockets;
using Mandos.Abstractions.Announcing;

namespace Mandos.PluginContracts.Announcing;

/// <summary>What every <see cref="IAnnouncer"/> has to do.</summary>
public static class AnnouncerContract
{
    /// <summary>Index of the loopback interface on Linux, by which the service announced here reaches no network.</summary>
    private const int LoopbackIndex = 1;

    /// <summary>A name of DNS-SD has at most 63 bytes (RFC 6763 section 4.1.1), but an administrator can give it any.</summary>
    private static readonly string[] _oddNames = [new('n', 63), new('n', 1000), "Ünï ☃ \U0001F600", "a.b\\c", "-"];

    /// <summary>
    /// The checks of an announcer. A failure, such as that of a daemon which is not there, is allowed; ending silently is not.
    /// </summary>
    /// <param name="create">Makes an announcer.</param>
    /// <param name="limits">How long to wait.</param>
    public static IReadOnlyList<PluginCheck> Checks(Func<ContractContext, IAnnouncer> create, ContractLimits? limits = null)
    {
        limits ??= new ContractLimits();
        return
        [
            .. CommonChecks.Of(create, limits),
            Check("announces until cancelled", (announcer, token) => AnnounceAsync(announcer, Service(), token)),
            Check("can be run again", async (announcer, token) =>
            {
                await AnnounceAsync(announcer, Service(), token).ConfigureAwait(false);
                await AnnounceAsync(announcer, Service(), token).ConfigureAwait(false);
            }),
            Check("takes odd names, or fails", async (announcer, token) =>
            {
                foreach (string name in _oddNames)
                {
                    await AnnounceAsync(announcer, Service() with { Name = name }, token).ConfigureAwait(false);
                }
            }),
            Check("announces for IPv4", (announcer, token)
                => AnnounceAsync(announcer, Service() with { AddressFamily = AddressFamily.InterNetwork }, token)),
            Check("ends when cancelled before it began", async (announcer, _) =>
            {
                var cancelled = new CancellationToken(canceled: true);
                Task run = Task.Run(() => announcer.RunAsync(Service(), new Names(), cancelled), CancellationToken.None);
                await Contract.EndsAsync(
                    run, limits.Stop, "RunAsync did not end, though cancelled before it began").ConfigureAwait(false);
            }),
        ];

        PluginCheck Check(string name, Func<IAnnouncer, CancellationToken, Task> body)
            => new(name, token => Trial.UseAsync(create, (announcer, _) => body(announcer, token)));

        async Task AnnounceAsync(IAnnouncer announcer, ServiceDescription service, CancellationToken cancellationToken)
        {
            var names = new Names();
            await Contract.RunUntilCancelledAsync(
                stop => announcer.RunAsync(service, names, stop),
                _ => Task.CompletedTask,
                limits,
                cancellationToken).ConfigureAwait(false);
            foreach (string? name in names.Reported)
            {
                Contract.RequireOneLine(name, "the name under which the service stands");
            }
        }
    }

    /// <summary>A service that no client looks for.</summary>
    private static ServiceDescription Service() => new()
    {
        Name = "Mandos check",
        Type = "_mandos-check._tcp",
        Port = 9,
        InterfaceIndex = LoopbackIndex,
    };

    private sealed class Names : IProgress<string>
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string?> _names = new();

        public IReadOnlyCollection<string?> Reported => _names;

        public void Report(string value) => _names.Enqueue(value);
    }
}
