using Mandos.Abstractions.Control;
using Mandos.Abstractions.Plugins;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Metrics;

/// <summary>What programs that watch the server ask for.</summary>
internal static class MetricsRoutes
{
    /// <summary>What every listener offers to everybody.</summary>
    /// <param name="server">The server.</param>
    /// <param name="context">What the plugin gets.</param>
    public static IReadOnlyList<Route> Everywhere(IMandosServer server, IPluginContext context)
    {
        _ = (server, context);
        return [];
    }

    /// <summary>What the listener of the setting <c>metrics</c> offers besides, which knows nobody: to everybody.</summary>
    /// <inheritdoc cref="Everywhere"/>
    public static IReadOnlyList<Route> AtMetricsListener(IMandosServer server, IPluginContext context)
    {
        _ = (server, context);
        return [];
    }
}
