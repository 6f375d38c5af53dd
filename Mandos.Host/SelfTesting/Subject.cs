using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Abstractions.Tls;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Discovery;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Announcing;
using Mandos.PluginContracts.Checking;
using Mandos.PluginContracts.Control;
using Mandos.PluginContracts.Persistence;
using Mandos.PluginContracts.Sharing;
using Mandos.PluginContracts.Tls;

namespace Mandos.Host.SelfTesting;

/// <summary>Something that is put to the test: an export of a plugin, or a part of the server.</summary>
/// <param name="Name">Its kind and its name.</param>
/// <param name="Checks">The checks that can be done here.</param>
internal sealed record Subject(string Name, IReadOnlyList<PluginCheck> Checks)
{
    /// <summary>The part that is not tested, and why; null if everything is tested that can be.</summary>
    public string? Omission { get; init; }

    /// <summary>Why it is broken, by an exception on a thread of its own for example; null if it is not.</summary>
    public Func<string?> FindFault { get; init; } = () => null;

    /// <summary>Name of the standard checker, of which it is known when it finds a client up.</summary>
    private const string ShellChecker = "shell";

    /// <summary>How long one check may take. They take a second or two; those of plugins that do not stop take their limits.</summary>
    public static TimeSpan CheckLimit { get; } = TimeSpan.FromSeconds(15);

    private static readonly ContractLimits _limits = new() { Check = TimeSpan.FromSeconds(10) };

    /// <summary>Everything that the plugins in use export.</summary>
    /// <param name="plugins">The plugins.</param>
    /// <param name="services">What the plugins get; for each check it has another state directory.</param>
    /// <param name="log">The log of the plugins.</param>
    public static IReadOnlyList<Subject> All(PluginCatalog plugins, PluginServices services, ContextLog log)
    {
        return
        [
            .. Of<ITlsBackend>((_, create) => TlsBackendContract.Checks(create, limits: _limits)),
            .. Of<IStateStore>((store, create) => IsShared(store)
                ? SharedStateStoreContract.UnjoinedChecks(context => (ISharedStateStore)create(context), _limits)
                : StateStoreContract.Checks(create, limits: _limits)),
            .. Of<IChecker>(
                (checker, create) => CheckerContract.Checks(create, checker.Name == ShellChecker ? CheckerSituations.Shell : null, _limits)),
            .. Of<IAnnouncer>((_, create) => AnnouncerContract.Checks(create, _limits)),
            .. Of<IControlSurface>((_, create) => ControlSurfaceContract.Checks(create, _limits)),
        ];

        IEnumerable<Subject> Of<T>(Func<PluginExport<T>, Func<ContractContext, T>, IReadOnlyList<PluginCheck>> checks)
            where T : class
            => plugins.GetExports<T>().Select(export => new Subject(
                $"{PluginKind.Of<T>()} {export.Name}",
                [
                    .. checks(export, context => Create(export, context))
                        .Where(check => check.SkipReason is null)
                        .Select(check => check with { Limit = CheckLimit }),
                ])
            {
                Omission = IsShared(export) ? "not tried out, as the clients of real servers may be in it" : null,
                FindFault = () => export.Plugin.Description.Reason,
            });

        // Its settings name the database that servers use, where the checks would act as servers, and add and remove clients.
        static bool IsShared<T>(PluginExport<T> export)
            where T : class
            => export.Implements<ISharedStateStore>();

        T Create<T>(PluginExport<T> export, ContractContext context)
            where T : class
        {
            services.StateDirectory = context.StateDirectory;
            log.Context = context;
            return export.Create();
        }
    }

    /// <summary>Does the checks, one after another. Once the plugin hangs or is broken, those left are not done and count as failed.</summary>
    /// <param name="report">Is told how each went.</param>
    /// <returns>Whether all passed.</returns>
    public async Task<bool> TestAsync(Action<CheckLine> report)
    {
        bool passed = true;
        bool ends = false;
        foreach (PluginCheck check in Checks)
        {
            string? fault = "not done, after what went wrong before";
            if (!ends)
            {
                (fault, bool hangs) = await TestAsync(check).ConfigureAwait(false);
                string? cause = FindFault();
                ends = hangs || cause is not null;
                fault = cause ?? fault;
            }

            passed &= fault is null;
            report(new CheckLine(Name, check.Name, fault));
        }

        return passed;
    }

    private static async Task<(string? Fault, bool Hangs)> TestAsync(PluginCheck check)
    {
        try
        {
            await check.RunAsync(CancellationToken.None).ConfigureAwait(false);
            return (null, false);
        }
        catch (ContractViolationException e)
        {
            return (e.Message, e.IsHang);
        }
    }
}
