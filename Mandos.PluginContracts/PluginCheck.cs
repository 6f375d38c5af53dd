namespace Mandos.PluginContracts;

/// <summary>One check of a plugin against the contract of its kind.</summary>
/// <param name="Name">What the plugin has to do, as the end of “the plugin …”.</param>
/// <param name="Body">Does the check; throws if the plugin does not keep the contract.</param>
public sealed record PluginCheck(string Name, Func<CancellationToken, Task> Body)
{
    /// <summary>How long the check may take before it counts as failed; a minute by default.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Why the check cannot be done here, in a line; null if it can. Then leave it out.</summary>
    public string? SkipReason { get; init; }

    /// <summary>Runs the check.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ContractViolationException">The plugin does not keep the contract.</exception>
    /// <exception cref="OperationCanceledException">The check was given up.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // On another thread, for a plugin may block.
        Task body = Task.Run(() => Body(stop.Token), CancellationToken.None);
        try
        {
            await Task.WhenAny(body, Task.Delay(Limit, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (!body.IsCompleted)
            {
                throw new ContractViolationException($"the check did not end within {Limit.TotalSeconds:0.##} s") { IsHang = true };
            }

            await body.ConfigureAwait(false);
        }
        catch (Exception e) when (e is not ContractViolationException && !cancellationToken.IsCancellationRequested)
        {
            throw new ContractViolationException(Contract.Describe(e), e);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }
}
