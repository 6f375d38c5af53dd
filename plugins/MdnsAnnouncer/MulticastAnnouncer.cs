using System.Composition;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Plugins;
using Mandos.MdnsAnnouncer.Responding;

namespace Mandos.MdnsAnnouncer;

/// <summary>Announces by Multicast DNS (RFC 6762) itself, for machines without Avahi.</summary>
/// <param name="context">Gives log and time.</param>
[ExportAnnouncer("mdns", OnlyIfChosen = true)]
[method: ImportingConstructor]
public sealed class MulticastAnnouncer(IPluginContext context) : IAnnouncer
{
    /// <inheritdoc/>
    public async Task RunAsync(ServiceDescription service, IProgress<string> announced, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(announced);
        ServiceNames names = ServiceNames.Of(service.Name, Environment.MachineName);
        _ = new Zone(names, service.Type, service.Port, []); // Fails at once if the name does not fit.
        using var session = new AnnouncementSession(service, names, announced, context);
        await session.RunAsync(cancellationToken).ConfigureAwait(false);
    }
}
