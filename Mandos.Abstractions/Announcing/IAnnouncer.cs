namespace Mandos.Abstractions.Announcing;

/// <summary>Lets clients on the network find the server, for example by Zeroconf.</summary>
public interface IAnnouncer
{
    /// <summary>Announces the service until cancelled, then withdraws it. If it fails, the server logs that and runs it again later.</summary>
    /// <param name="service">What to announce.</param>
    /// <param name="announced">Is told the name under which the service stands, each time that it changes.</param>
    /// <param name="cancellationToken">Ends the announcement; the task should end within a second.</param>
    Task RunAsync(ServiceDescription service, IProgress<string> announced, CancellationToken cancellationToken);
}
