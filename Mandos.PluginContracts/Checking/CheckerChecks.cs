using System.Diagnostics;
using System.Globalization;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.PluginContracts.Processes;
using Mandos.PluginContracts.Samples;

namespace Mandos.PluginContracts.Checking;

/// <summary>The checks of a checker.</summary>
internal sealed class CheckerChecks(
    Func<ContractContext, IChecker> create, CheckerSituations situations, ContractLimits limits)
{
    /// <summary>How many checks run at once, where several do.</summary>
    private const int Many = 8;

    public IReadOnlyList<PluginCheck> All() =>
    [
        .. CommonChecks.Of(create, limits),
        Check("describes what it is going to run", DescribesAsync),
        Check("prepares and validates quickly", IsQuickAsync),
        Check("prepares and validates on several threads at once", IsThreadSafeAsync),
        Check("takes odd clients, or says in a line what is wrong with them", TakesOddClientsAsync),
        Check("says in a line each what is wrong with the options of odd clients", ValidatesOddClientsAsync),
        Check("ends a check with a result, or when cancelled", EndsAsync),
        Check("ends many checks at once when cancelled", EndsManyAsync),
        Check("leaves no process behind when cancelled", LeavesNoProcessAsync),
        Check("finds no client alive by a check that was cancelled before it began", FindsNobodyAliveAsync),
        Check("shows no secret option", ShowsNoSecretAsync),
        Check("finds a client alive that is up", FindsUpAsync, situations.Up, "that is up"),
        Check("does not find a client alive that is down", FindsDownAsync, situations.Down, "that is down"),
        Check("does not find a client alive whose check breaks down", FindsDownAsync, situations.Crash, "whose check breaks down"),
        Check("ends a check that hangs when cancelled", EndsHangingAsync, situations.Hang, "whose check hangs"),
        Check(
            "tells clients apart that it checks at once",
            (checker, up, token) => TellsApartAsync(checker, up, situations.Down!, token),
            situations.Down is null ? null : situations.Up,
            situations.Up is null ? "that is up" : "that is down"),
    ];

    private PluginCheck Check(string name, Func<IChecker, ContractContext, CancellationToken, Task> body)
        => new(name, token => Trial.UseAsync(create, (checker, context) => body(checker, context, token)));

    private PluginCheck Check(
        string name, Func<IChecker, ClientSnapshot, CancellationToken, Task> body, ClientSnapshot? client, string situation)
        => Check(name, (checker, _, token) => body(checker, client!, token)) with
        {
            SkipReason = client is null ? $"no client is given {situation}" : null,
        };

    private Task DescribesAsync(IChecker checker, ContractContext context, CancellationToken cancellationToken)
    {
        if (TryPrepare(checker) is { } check)
        {
            Contract.Require(!string.IsNullOrWhiteSpace(check.Description), "the description of a check is empty");
        }

        return Task.CompletedTask;
    }

    private Task IsQuickAsync(IChecker checker, ContractContext context, CancellationToken cancellationToken)
    {
        const int times = 100;
        PrepareAndValidate(checker);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++)
        {
            PrepareAndValidate(checker);
        }

        Contract.Require(
            Stopwatch.GetElapsedTime(start) < limits.Quick,
            $"{times} times Prepare and Validate took more than {limits.Quick.TotalSeconds:0.##} s; they should do no input or output");
        return Task.CompletedTask;
    }

    private async Task IsThreadSafeAsync(IChecker checker, ContractContext context, CancellationToken cancellationToken)
    {
        const int times = 1000;
        string? expected = TryPrepare(checker)?.Description;
        using var start = new Barrier(Many);
        await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(cancellationToken);
                for (int i = 0; i < times; i++)
                {
                    string? description = PrepareAndValidate(checker);
                    Contract.Require(
                        description == expected, $"on several threads at once it describes a check as “{description}”");
                }
            },
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).ConfigureAwait(false);
    }

    private static Task TakesOddClientsAsync(IChecker checker, ContractContext context, CancellationToken cancellationToken)
    {
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

    private static Task ValidatesOddClientsAsync(IChecker checker, ContractContext context, CancellationToken cancellationToken)
    {
        foreach (ClientSnapshot odd in SampleClients.Odd())
        {
            IReadOnlyList<OptionProblem>? problems = checker.Validate(odd.Settings);
            Contract.Require(problems is not null, "Validate gives null; it should give an empty list");
            foreach (OptionProblem problem in problems)
            {
                Contract.RequireOneLine(problem.Option, "the option of an OptionProblem");
                Contract.RequireOneLine(problem.Message, $"what is wrong with the option {problem.Option}");
            }
        }

        return Task.CompletedTask;
    }

    private async Task EndsAsync(IChecker checker, ContractContext context, CancellationToken cancellationToken)
    {
        if (TryPrepare(checker) is { } check)
        {
            await RunThenCancelAsync([check], cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task EndsManyAsync(IChecker checker, ContractContext context, CancellationToken cancellationToken)
    {
        ICheck[] checks = [.. Enumerable.Range(0, Many).Select(_ => TryPrepare(checker)).OfType<ICheck>()];
        await RunThenCancelAsync(checks, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The processes are known by a command that no other has: a checker that runs none has none to leave behind.</summary>
    private async Task LeavesNoProcessAsync(IChecker checker, ContractContext context, CancellationToken cancellationToken)
    {
        string sleep = string.Create(CultureInfo.InvariantCulture, $"sleep 600.{Random.Shared.NextInt64(1L << 60):D19}");
        ClientSnapshot client = situations.Any;
        client = client with { Settings = client.Settings with { Checker = $"{sleep} & {sleep}" } };
        if (TryPrepare(checker, client) is not { } check)
        {
            return;
        }

        try
        {
            await RunThenCancelAsync([check], cancellationToken).ConfigureAwait(false);
            Contract.Require(
                !ProcessTable.WithCommand(sleep).Any(), "a check was cancelled and ended, and its processes still run");
        }
        finally
        {
            ProcessTable.Kill(ProcessTable.WithCommand(sleep));
        }
    }

    private async Task FindsNobodyAliveAsync(IChecker checker, ContractContext context, CancellationToken cancellationToken)
    {
        if (TryPrepare(checker) is not { } check)
        {
            return;
        }

        Task<CheckResult> run = Start(check, new CancellationToken(canceled: true));
        await Contract.EndsAsync(
            run, limits.Stop, "a check that was cancelled before it began did not end").ConfigureAwait(false);
        await RequireProperAsync(run).ConfigureAwait(false);
        Contract.Require(
            !run.IsCompletedSuccessfully || !(await run.ConfigureAwait(false)).IsSuccess,
            "a check that was cancelled before it began succeeded");
    }

    private async Task ShowsNoSecretAsync(IChecker checker, ContractContext context, CancellationToken cancellationToken)
    {
        string secret = $"secret{Random.Shared.NextInt64(1L << 60):x}";
        ClientSnapshot client = situations.Any;
        var options = client.Settings.Options.ToDictionary(StringComparer.Ordinal);
        foreach (string option in situations.SecretOptions)
        {
            options[option] = secret;
        }

        client = client with { Settings = client.Settings with { Options = options } };
        List<string?> shown = [checker.ToString()];
        foreach (OptionProblem problem in checker.Validate(client.Settings))
        {
            shown.Add(problem.ToString());
        }

        try
        {
            ICheck check = checker.Prepare(client);
            shown.AddRange([check.Description, check.ToString()]);
            foreach (Task<CheckResult> run in await RunThenCancelAsync([check], cancellationToken).ConfigureAwait(false))
            {
                shown.Add(run.IsCompletedSuccessfully ? (await run.ConfigureAwait(false)).ToString() : null);
            }
        }
        catch (CheckPreparationException e)
        {
            shown.Add(e.Message);
        }

        Contract.RequireHidden(secret, shown, context, "the value of an option that may be a secret");
    }

    private async Task FindsUpAsync(IChecker checker, ClientSnapshot up, CancellationToken cancellationToken)
    {
        foreach (OptionProblem problem in checker.Validate(up.Settings))
        {
            throw new ContractViolationException(
                $"Validate finds something wrong with a client that is up: {problem.Option}: {problem.Message}");
        }

        CheckResult result = await ResultAsync(checker, up, cancellationToken).ConfigureAwait(false);
        Contract.Require(result.IsSuccess, $"a client that is up is found to be not: {Describe(result)}");
    }

    private async Task FindsDownAsync(IChecker checker, ClientSnapshot down, CancellationToken cancellationToken)
    {
        CheckResult result = await ResultAsync(checker, down, cancellationToken).ConfigureAwait(false);
        Contract.Require(!result.IsSuccess, "a client that is not up is found to be up");
    }

    private async Task EndsHangingAsync(IChecker checker, ClientSnapshot hanging, CancellationToken cancellationToken)
    {
        foreach (Task<CheckResult> run in await RunThenCancelAsync(
            [.. Enumerable.Range(0, Many).Select(_ => checker.Prepare(hanging))], cancellationToken).ConfigureAwait(false))
        {
            Contract.Require(
                !run.IsCompletedSuccessfully || !(await run.ConfigureAwait(false)).IsSuccess,
                "a client whose check hangs is found to be up");
        }
    }

    private async Task TellsApartAsync(
        IChecker checker, ClientSnapshot up, ClientSnapshot down, CancellationToken cancellationToken)
    {
        ClientSnapshot[] clients = [.. Enumerable.Range(0, Many).Select(i => i % 2 == 0 ? up : down)];
        CheckResult[] results = await Task.WhenAll(
            clients.Select(client => ResultAsync(checker, client, cancellationToken))).ConfigureAwait(false);
        for (int i = 0; i < clients.Length; i++)
        {
            Contract.Require(
                results[i].IsSuccess == ReferenceEquals(clients[i], up),
                $"among clients checked at once, one that is {(results[i].IsSuccess ? "down is found to be up" : "up is not found to be")}");
        }
    }

    private async Task<CheckResult> ResultAsync(IChecker checker, ClientSnapshot client, CancellationToken cancellationToken)
    {
        Task<CheckResult> run = Start(checker.Prepare(client), cancellationToken);
        await Contract.EndsAsync(run, limits.Check, "a check did not end").ConfigureAwait(false);
        await RequireProperAsync(run).ConfigureAwait(false);
        return await run.ConfigureAwait(false);
    }

    /// <returns>The runs, which have ended properly.</returns>
    private async Task<IReadOnlyList<Task<CheckResult>>> RunThenCancelAsync(
        IReadOnlyCollection<ICheck> checks, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<CheckResult>[] runs = [.. checks.Select(check => Start(check, stop.Token))];
        Task all = Task.WhenAll(runs);
        await Task.WhenAny(all, Task.Delay(limits.Run, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Contract.EndsAsync(all, limits.Stop, "a check did not end when cancelled").ConfigureAwait(false);
        foreach (Task<CheckResult> run in runs)
        {
            await RequireProperAsync(run).ConfigureAwait(false);
        }

        return runs;
    }

    /// <summary>Runs a check on another thread, for it may block.</summary>
    private static Task<CheckResult> Start(ICheck check, CancellationToken cancellationToken)
        => Task.Run(() => check.RunAsync(cancellationToken), CancellationToken.None);

    private string? PrepareAndValidate(IChecker checker)
    {
        checker.Validate(situations.Any.Settings);
        return TryPrepare(checker)?.Description;
    }

    private ICheck? TryPrepare(IChecker checker, ClientSnapshot? client = null)
    {
        try
        {
            return checker.Prepare(client ?? situations.Any);
        }
        catch (CheckPreparationException) when (situations.IsEmpty)
        {
            return null;
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

    private static string Describe(CheckResult result) => result.Outcome switch
    {
        CheckOutcome.Exited => string.Create(CultureInfo.InvariantCulture, $"exit code {result.ExitCode}"),
        CheckOutcome.Signaled => string.Create(CultureInfo.InvariantCulture, $"signal {result.Signal}"),
        _ => result.Error ?? "no reason given",
    };
}
