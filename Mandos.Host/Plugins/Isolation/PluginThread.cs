using System.Globalization;

namespace Mandos.Host.Plugins.Isolation;

/// <summary>Runs code of plugins that might block, on threads of their own: those of the pool are for everybody.</summary>
internal static class PluginThread
{
    /// <summary>Runs something on a thread of its own, which does not keep the process from ending.</summary>
    /// <param name="work">What to run.</param>
    public static Task<T> Start<T>(Func<T> work)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                completion.SetResult(work());
            }
            catch (Exception e)
            {
                // It goes to the caller that waits
                completion.SetException(e);
            }
        })
        { IsBackground = true, Name = "plugin" }.Start();
        return completion.Task;
    }

    /// <summary>Runs something and waits for it, but not for ever.</summary>
    /// <param name="work">What to run.</param>
    /// <param name="limit">How long to wait. Then the thread is left to itself.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="late">Takes the result if it comes later than that.</param>
    /// <exception cref="PluginHangsException">The time is over.</exception>
    /// <remarks>Other exceptions are those of <paramref name="work"/>.</remarks>
    public static T Run<T>(Func<T> work, TimeSpan limit, TimeProvider timeProvider, Action<T>? late = null)
    {
        Task<T> task = Start(work);
        try
        {
            return task.WaitAsync(limit, timeProvider).GetAwaiter().GetResult();
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            _ = TakeLateAsync(task, late);
            throw new PluginHangsException(string.Create(CultureInfo.InvariantCulture, $"it has not ended within {limit.TotalSeconds} s"));
        }
    }

    private static async Task TakeLateAsync<T>(Task<T> task, Action<T>? late)
    {
        await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (task.IsCompletedSuccessfully)
        {
            late?.Invoke(await task.ConfigureAwait(false));
        }
    }

    /// <summary>Disposes an object on a thread of its own, if it can be disposed.</summary>
    public static async Task DisposeAsync(object instance)
    {
        ValueTask disposal = await Start(() =>
        {
            if (instance is IAsyncDisposable disposable)
            {
                return disposable.DisposeAsync();
            }

            (instance as IDisposable)?.Dispose();
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        await disposal.ConfigureAwait(false);
    }
}
