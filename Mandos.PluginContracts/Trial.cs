namespace Mandos.PluginContracts;

/// <summary>Uses a plugin for the time of a check, and disposes it.</summary>
internal static class Trial
{
    /// <summary>Makes a plugin, uses it, disposes it, and deletes its state directory.</summary>
    public static async Task UseAsync<T>(Func<ContractContext, T> create, Func<T, ContractContext, Task> use)
        where T : class
    {
        using var context = new ContractContext();
        T plugin = create(context);
        try
        {
            await use(plugin, context).ConfigureAwait(false);
        }
        catch
        {
            // The first fault is the one that counts.
            await DisposeAsync(plugin).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await DisposeAsync(plugin).ConfigureAwait(false);
    }

    /// <summary>Disposes a plugin, if it can be, as the server does.</summary>
    public static async Task DisposeAsync(object plugin)
    {
        switch (plugin)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync().ConfigureAwait(false);
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
            default:
                break;
        }
    }
}
