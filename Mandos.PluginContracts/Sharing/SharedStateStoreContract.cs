using Mandos.Abstractions.Sharing;

namespace Mandos.PluginContracts.Sharing;

/// <summary>What every <see cref="ISharedStateStore"/> has to do besides what its interface's types say.</summary>
public static class SharedStateStoreContract
{
    /// <summary>The checks that leave alone what servers share, as the store does not join them.</summary>
    /// <param name="create">Makes a store.</param>
    /// <param name="limits">How long to wait.</param>
    public static IReadOnlyList<PluginCheck> UnjoinedChecks(Func<ContractContext, ISharedStateStore> create, ContractLimits? limits = null)
        => [.. CommonChecks.Of(create, limits ?? new ContractLimits())];

    /// <summary>The checks of a store.</summary>
    /// <param name="create">
    /// Makes a store, not yet joined. Those made with the same context share what they keep, as servers at one database do; those made with
    /// another context share nothing with them.
    /// </param>
    /// <param name="cutOff">Cuts every store of a context off from what they share, until the result is disposed; null if that cannot be done here.</param>
    /// <param name="replace">
    /// Has another primary take the place of the one to which the stores of a context are connected, with all that was committed; the old one
    /// goes on to answer. Null if that cannot be done here.
    /// </param>
    /// <param name="limits">How long to wait.</param>
    public static IReadOnlyList<PluginCheck> Checks(
        Func<ContractContext, ISharedStateStore> create, Func<ContractContext, IDisposable>? cutOff = null,
        Action<ContractContext>? replace = null, ContractLimits? limits = null)
    {
        limits ??= new ContractLimits();
        return
        [
            .. CommonChecks.Of(create, limits),
            Check("shows a server what another has committed", ControlChecks.ShowsCommittedAsync),
            Check("brings only what has changed", ControlChecks.BringsChangesAsync),
            Check("keeps all of a client's control", ControlChecks.KeepsAllAsync),
            Check("refuses a command that expects another revision, and says what is in force", ControlChecks.RefusesOldRevisionAsync),
            Check("commits one of two commands at once", ControlChecks.CommitsOneOfTwoAsync),
            Check("carries a command out once", ControlChecks.CarriesOutOnceAsync),
            Check("knows which commands were committed", ControlChecks.FindsCommandsAsync),
            Check("says what became of a cancelled command", ControlChecks.TellsOfCancelledAsync),
            Check("gives no revision without its data, however busy", ControlChecks.KeepsRevisionWithDataAsync),
            Check("saves no record over another's command", ControlChecks.SavesNoRecordOverControlAsync),
            Check("keeps for each server what its files say", ControlChecks.KeepsFilesOfEachAsync),
            Check("leaves control alone when servers report", LivenessChecks.LeavesControlAloneAsync),
            Check("keeps the later of two reports", LivenessChecks.KeepsLaterAsync),
            Check("moves an expiry to earlier by a command only", LivenessChecks.MovesExpiryLaterAsync),
            Check("disables by expiry only clients that are due", LivenessChecks.ExpiresOnlyDueAsync),
            Check("shows what each server has confirmed", ServerChecks.ShowsConfirmedAsync),
            Check("takes no confirmation of what it has not", ServerChecks.RefusesFutureAsync),
            Check("fences off a server whose place is taken", ServerChecks.FencesOffAsync),
            Check("forgets a server that leaves", ServerChecks.ForgetsLeaverAsync),
            Check("carries requests and verdicts between servers", ServerChecks.CarriesVerdictsAsync),
            Check("hints at others' commands, until cancelled",
                (servers, token) => ServerChecks.HintsAsync(servers, limits, token)),
            new("claims nothing while it is cut off", token => WithAsync(servers => ServerChecks.ClaimsNothingCutOffAsync(servers, cutOff!, token)))
            {
                SkipReason = cutOff is null ? "the store cannot be cut off here" : null,
            },
            new("counts no answer of a primary that was replaced",
                token => WithAsync(servers => ServerChecks.IgnoresReplacedAsync(servers, replace!, token)))
            {
                SkipReason = replace is null ? "the store cannot be replaced here" : null,
            },
        ];

        PluginCheck Check(string name, Func<SharedServers, CancellationToken, Task> body)
            => new(name, token => WithAsync(servers => body(servers, token)));

        async Task WithAsync(Func<SharedServers, Task> body)
        {
            var servers = new SharedServers(create);
            await using (servers.ConfigureAwait(false))
            {
                await body(servers).ConfigureAwait(false);
            }
        }
    }
}
