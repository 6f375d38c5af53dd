namespace Mandos.Abstractions.Control;

/// <summary>Lets people or programs watch and steer the server, for example over D-Bus.</summary>
public interface IControlSurface
{
    /// <summary>Runs until cancelled. If it fails, the server logs that, goes on, and runs it again later.</summary>
    /// <param name="server">The server to watch and steer.</param>
    /// <param name="cancellationToken">Ends the run; the task should end within a second.</param>
    Task RunAsync(IMandosServer server, CancellationToken cancellationToken);
}
