using System.Net.Sockets;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Control;
using Mandos.Engine;
using Mandos.Host.Listening;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Instances;
using Mandos.Host.Plugins.Steering;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Runs the plugins that machines do not need to get their secrets: announcers and control surfaces.</summary>
/// <param name="context">What the parts of the server share.</param>
/// <param name="engine">What control surfaces show and command.</param>
/// <param name="places">What announcers announce.</param>
/// <param name="plugins">The plugins.</param>
/// <param name="instances">Constructs announcers and control surfaces.</param>
/// <param name="report">Is told the name under which the service stands.</param>
internal sealed partial class ExtraPlugins(
    ServerContext context, MandosEngine engine, ListenPlaces places, PluginCatalog plugins, PluginInstances instances, ServerReport report)
{
    private readonly ILogger _logger = context.Logger;

    /// <summary>Runs them until cancelled, and says which of the wanted ones are missing.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        bool useZeroconf = context.Options.UseZeroconf, useDBus = context.Options.UseDBus;
        IReadOnlyList<PluginInstance<IAnnouncer>> announcers = useZeroconf ? instances.CreateAll(plugins.GetExports<IAnnouncer>()) : [];
        IReadOnlyList<PluginInstance<IControlSurface>> surfaces = instances.CreateAll(
            plugins.GetExports<IControlSurface>().Where(export => useDBus || export.Name != PluginOptions.DBusSurface));
        LogPluginTime((plugins.LoadTime + instances.ConstructionTime).TotalMilliseconds, plugins.LoadTime.TotalMilliseconds);
        if (useZeroconf && announcers.Count == 0)
        {
            LogNoZeroconf(places.Port);
        }

        if (useDBus && !surfaces.Any(surface => surface.Name == PluginOptions.DBusSurface))
        {
            LogNoDBus();
        }

        var supervisor = new Supervisor(context.TimeProvider, _logger);
        Announcement announcement = Announcement();
        return Task.WhenAll(
        [
            .. announcers.Select(announcer => supervisor.RunAsync(
                announcer.Description, announcer.Plugin,
                token => engine.WhileServingAsync(
                    serving => announcement.RunAsync(
                        announcer.Instance,
                        running => _ = supervisor.WatchEndAsync(announcer.Description, announcer.Plugin, running, serving),
                        serving),
                    token),
                cancellationToken)),
            .. surfaces.Select(surface => supervisor.RunAsync(
                surface.Description, surface.Plugin, token => surface.Instance.RunAsync(engine.Server, token), cancellationToken)),
        ]);
    }

    private Announcement Announcement()
    {
        var service = new ServiceDescription
        {
            Name = context.Options.ServiceName,
            Port = places.Port,
            AddressFamily = context.Options.UseIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
        };
        var announced = new NameReport(name =>
        {
            context.Log.ServiceName = name;
            report.Update(info => info with { ServiceName = name });
            LogAnnounced(name);
        });
        return new Announcement(places, context.Options.Interface is not null, service, announced);
    }

    /// <summary>Takes names from announcers. Unlike <see cref="Progress{T}"/> it does so in their order.</summary>
    private sealed class NameReport(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }
}
