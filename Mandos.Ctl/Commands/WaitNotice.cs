using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Commands;

/// <summary>Says once what commands wait for that take more than a second, with servers that share their state.</summary>
internal static class WaitNotice
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    /// <summary>Says it as soon as it is known.</summary>
    /// <param name="connect">Makes a connection of its own: the calls of one are answered one after another.</param>
    /// <param name="tell">Gets the line.</param>
    /// <param name="cancellationToken">The commands have ended.</param>
    public static async Task RunAsync(
        Func<CancellationToken, Task<IServerConnection>> connect, Action<string> tell, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(_patience, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            IServerConnection server = await connect(cancellationToken).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                while (await server.FindServersAsync(cancellationToken).ConfigureAwait(false) is { } group)
                {
                    if (group.Waiting() is { } text)
                    {
                        tell(text);
                        return;
                    }

                    await Task.Delay(_patience, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ServerException)
        {
            // What goes wrong, the commands tell themselves
        }
    }
}
