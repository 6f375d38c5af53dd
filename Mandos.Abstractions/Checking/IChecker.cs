using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Checking;

/// <summary>Finds out whether a client is alive.</summary>
/// <remarks>
/// One instance serves all clients that chose it, from several threads at once. A fault in a checker counts as a failed check, so the
/// client expires as it would if it were gone.
/// </remarks>
public interface IChecker
{
    /// <summary>Prepares one check. Quick: no input or output.</summary>
    /// <param name="client">The client as it is now, with the options of its section that the server does not know.</param>
    /// <returns>The check, not yet running.</returns>
    /// <exception cref="CheckPreparationException">The client's settings do not make a check. It is tried again at the next interval.</exception>
    ICheck Prepare(ClientSnapshot client);
}
