using Mandos.Abstractions.Announcing;

namespace Mandos.PluginContracts.Announcing;

/// <summary>What every <see cref="IAnnouncer"/> has to do.</summary>
public static class AnnouncerContract
{
    /// <summary>Index of the loopback interface on Linux, by which the service announced here reaches no network.</summary>
    private const int LoopbackIndex = 1;

    /// <summary>
    /// The checks of an announcer. A failure, such as that of a daemon which is not there, is allowed; ending silently is not.
    /// </summary>
    /// <param name="create">Makes an announcer.</param>
    /// <param name="limits">How long to wait.</param>
    public static IReadOnlyList<PluginCheck> Checks(Func<IAnnouncer> create, ContractLimits? limits = null)
    {
        limits ??= new ContractLimits();
        return
        [
            new("announces until cancelled", token => AnnounceAsync(create(), token)),
            new("can be run again", async token =>
            {
                IAnnouncer announcer = create();
                await AnnounceAsync(announcer, token).ConfigureAwait(false);
                await AnnounceAsync(announcer, token).ConfigureAwait(false);
            }),
            new("ends when cancelled before it began", async _ =>
            {
                IAnnouncer announcer = create();
                var cancelled = new CancellationToken(canceled: true);
                Task run = Task.Run(() => announcer.RunAsync(Service(), new Names(), cancelled), CancellationToken.None);
                await Contract.EndsAsync(
                    run, limits.Stop, "RunAsync did not end, though cancelled before it began").ConfigureAwait(false);
            }),
        ];

        async Task AnnounceAsync(IAnnouncer announcer, CancellationToken cancellationToken)
        {
            var names = new Names();
            await Contract.RunUntilCancelledAsync(
                stop => announcer.RunAsync(Service(), names, stop),
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
