using Mandos.Abstractions.Control;
using Mandos.Abstractions.Tls;
using Mandos.Host.Configuration;
using Mandos.Host.Listening;
using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.Server;

/// <summary>Turns the exceptions by which parts say that they cannot start into <see cref="StartException"/>.</summary>
internal static class StartFault
{
    /// <summary>Starts a part.</summary>
    /// <exception cref="StartException">It cannot start.</exception>
    public static T Translate<T>(Func<T> part)
    {
        try
        {
            return part();
        }
        catch (Exception e) when (e is ListenException or PluginException or PriorityStringException)
        {
            throw new StartException(e.Message) { IsMistake = e is PriorityStringException };
        }
    }

    /// <summary>Waits for a part.</summary>
    /// <exception cref="StartException">There are problems in the configuration.</exception>
    public static async Task<T> TranslateAsync<T>(Task<T> part)
    {
        try
        {
            return await part.ConfigureAwait(false);
        }
        catch (ConfigurationException e)
        {
            throw new StartException(e.Problems) { IsMistake = true };
        }
    }
}
