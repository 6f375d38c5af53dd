using System.Diagnostics;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.PluginContracts.Samples;

namespace Mandos.PluginContracts.Checking;

/// <summary>What every <see cref="IChecker"/> has to do.</summary>
public static class CheckerContract
{
    /// <summary>The checks of a checker. They reach no host but this one.</summary>
    /// <param name="create">Makes a checker.</param>
    /// <param name="client">
    /// A client for which the checker can prepare a check, best one that takes long; by default one on the loopback address whose
    /// shell command sleeps. A checker that cannot prepare a check of the default one passes what needs a check.
    /// </param>
    /// <param name="limits">How long to wait.</param>
    public static IReadOnlyList<PluginCheck> Checks(
        Func<IChecker> create, ClientSnapshot? client = null, ContractLimits? limits = null)
    {
        limits ??= new ContractLimits();
        return
        [
            new("describes what it is going to run", _ => DescribesAsync()),
            new("prepares checks quickly", _ => PreparesQuicklyAsync()),
            new("takes odd clients, or says in a line what is wrong with them", _ => TakesOddClientsAsync()),
            new("ends a check with a result, or when cancelled", EndsAsync),
            new("ends many checks at once when cancelled", EndsManyAsync),
            new("finds no client alive by a check that was cancelled before it began", _ => FindsNobodyAliveAsync()),
        ];

        Task DescribesAsync()
        {
            if (TryPrepare(create()) is { } check)
            {
                Contract.Require(!string.IsNullOrWhiteSpace(check.Description), "the description of a check is empty");
            }

            return Task.CompletedTask;
        }

        Task PreparesQuicklyAsync()
        {
            const int times = 100;
            IChecker checker = create();
            TryPrepare(checker);
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < times; i++)
            {
                TryPrepare(checker);
            }

            Contract.Require(
                Stopwatch.GetElapsedTime(start) < limits.Quick,
                $"{times} times Prepare took more than {limits.Quick.TotalSeconds:0.##} s; it should do no input or output");
            return Task.CompletedTask;
        }

        Task TakesOddClientsAsync()
        {
            IChecker checker = create();
            foreach (ClientSnapshot odd in SampleClients.Odd())
            {
                try
                {
                    ICheck? check = checker.Prepare(odd);
                    Contract.Require(check?.Description is not null, "Prepare gives no check, or one without a description");
                }
                catch (CheckPreparationException e)
                {
                    Contract.RequireOneLine(e.Message, "the message of a CheckPreparationException");
                }
                catch (Exception e) when (e is not ContractViolationException)
                {
                    throw new ContractViolationException(
                        $"Prepare should throw nothing but CheckPreparationException, and throws {Contract.Describe(e)}", e);
                }
            }

            return Task.CompletedTask;
        }

        async Task EndsAsync(CancellationToken cancellationToken)
        {
            if (TryPrepare(create()) is { } check)
            {
                await RunThenCancelAsync([check], cancellationToken).ConfigureAwait(false);
            }
        }

        async Task EndsManyAsync(CancellationToken cancellationToken)
        {
            IChecker checker = create();
            ICheck[] checks = [.. Enumerable.Range(0, 8).Select(_ => TryPrepare(checker)).OfType<ICheck>()];
            await RunThenCancelAsync(checks, cancellationToken).ConfigureAwait(false);
        }

        async Task FindsNobodyAliveAsync()
        {
            if (TryPrepare(create()) is not { } check)
            {
                return;
            }

            Task<CheckResult> run = Task.Run(() => check.RunAsync(new CancellationToken(canceled: true)), CancellationToken.None);
            await Contract.EndsAsync(
                run, limits.Stop, "a check that was cancelled before it began did not end").ConfigureAwait(false);
            Contract.Require(
                !run.IsCompletedSuccessfully || !(await run.ConfigureAwait(false)).IsSuccess,
                "a check that was cancelled before it began succeeded");
        }

        async Task RunThenCancelAsync(IReadOnlyCollection<ICheck> checks, CancellationToken cancellationToken)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<CheckResult>[] runs =
                [.. checks.Select(check => Task.Run(() => check.RunAsync(stop.Token), CancellationToken.None))];
            Task all = Task.WhenAll(runs);
            await Task.WhenAny(all, Task.Delay(limits.Run, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await Contract.EndsAsync(all, limits.Stop, "a check did not end when cancelled").ConfigureAwait(false);
            foreach (Task<CheckResult> run in runs)
            {
                await RequireProperAsync(run).ConfigureAwait(false);
            }
        }

        ICheck? TryPrepare(IChecker checker)
        {
            try
            {
                return checker.Prepare(client ?? SampleClients.SlowToCheck());
            }
            catch (CheckPreparationException) when (client is null)
            {
                return null;
            }
        }
    }

    private static async Task RequireProperAsync(Task<CheckResult> run)
    {
        try
        {
            CheckResult result = await run.ConfigureAwait(false);
            if (result.Outcome == CheckOutcome.Failed)
            {
                Contract.RequireOneLine(result.Error, "the error of a check that could not be carried out");
            }
        }
        catch (OperationCanceledException)
        {
            // It was cancelled.
        }
        catch (Exception e) when (e is not ContractViolationException)
        {
            throw new ContractViolationException(
                $"a check that fails should give a result, and throws {Contract.Describe(e)}", e);
        }
    }
}
