using System.Diagnostics.CodeAnalysis;

namespace Mandos.PluginContracts;

/// <summary>What the checks have in common.</summary>
public static class Contract
{
    /// <summary>Fails the check unless something is true.</summary>
    /// <param name="condition">What should be true.</param>
    /// <param name="otherwise">What is wrong if it is not, in one line.</param>
    /// <exception cref="ContractViolationException">It is not true.</exception>
    public static void Require([DoesNotReturnIf(false)] bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ContractViolationException(otherwise);
        }
    }

    /// <summary>Fails the check unless an action throws an exception of one type.</summary>
    internal static async Task<T> RequireThrowsAsync<T>(Func<Task> action, string when)
        where T : Exception
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (T e)
        {
            return e;
        }
        catch (Exception e)
        {
            throw new ContractViolationException($"{when} it should throw {typeof(T).Name} and throws {Describe(e)}", e);
        }

        throw new ContractViolationException($"{when} it should throw {typeof(T).Name} and does not");
    }

    /// <summary>Fails the check if a text, which a person will read in the log, is empty or longer than a line.</summary>
    internal static void RequireOneLine(string? text, string what)
    {
        string shown = text?.ReplaceLineEndings("↵") ?? "";
        Require(!string.IsNullOrWhiteSpace(text) && shown == text, $"{what} should be one line, and is “{shown}”");
    }

    /// <summary>Fails the check if a secret is in one of some texts, or was logged.</summary>
    internal static void RequireHidden(string secret, IEnumerable<string?> shown, ContractContext context, string what)
    {
        Require(
            !shown.Any(text => text?.Contains(secret, StringComparison.OrdinalIgnoreCase) == true),
            $"{what} stands in a description, a message or a text form");
        Require(
            !context.Logged.Any(text => text.Contains(secret, StringComparison.OrdinalIgnoreCase)), $"{what} stands in the log");
    }

    /// <summary>Waits for a task, whatever its outcome, and fails the check if it does not end in time.</summary>
    internal static async Task EndsAsync(Task task, TimeSpan limit, string otherwise)
    {
        await Task.WhenAny(task, Task.Delay(limit, TimeProvider.System, CancellationToken.None)).ConfigureAwait(false);
        Require(task.IsCompleted, $"{otherwise} (within {limit.TotalSeconds:0.##} s)");
    }

    /// <summary>Runs something that runs until it is cancelled, and sees that it does.</summary>
    /// <param name="run">The run.</param>
    /// <param name="meanwhile">What to do while it runs.</param>
    /// <param name="limits">How long to wait.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="mayEnd">Whether it may end by itself, without a failure.</param>
    /// <returns>How it failed before it was cancelled; null if it did not.</returns>
    /// <remarks>
    /// It may fail, because what it needs may be missing. But it must say so by an exception rather than end as if all were well. Its own
    /// code must not be missing.
    /// </remarks>
    internal static async Task<Exception?> RunUntilCancelledAsync(
        Func<CancellationToken, Task> run,
        Func<Task, Task> meanwhile,
        ContractLimits limits,
        CancellationToken cancellationToken,
        bool mayEnd = false)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // On another thread, for it may block. That thread may be long in coming.
        var started = new TaskCompletionSource();
        Task running = Task.Run(
            () =>
            {
                started.SetResult();
                return run(stop.Token);
            },
            CancellationToken.None);
        try
        {
            await started.Task.ConfigureAwait(false);
            await Task.WhenAny(running, Task.Delay(limits.Run, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
            await meanwhile(running).ConfigureAwait(false);
            Require(mayEnd || !running.IsCompletedSuccessfully, "RunAsync ended by itself; it should run until cancelled, or throw");
            if (MissingCode.Find(running.Exception) is { } missing)
            {
                throw new ContractViolationException($"it lacks code that it needs: {Describe(missing)}", missing);
            }

            return running.Exception?.InnerException;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await EndsAsync(running, limits.Stop, "RunAsync did not end when cancelled").ConfigureAwait(false);
        }
    }

    /// <summary>An exception in a line.</summary>
    internal static string Describe(Exception exception)
        => $"{exception.GetType().Name} ({exception.Message.ReplaceLineEndings(" ")})";
}
