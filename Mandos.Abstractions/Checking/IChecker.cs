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

    /// <summary>
    /// Finds everything that is wrong with the options of a client, at start and at each reload, so that a typing error is found
    /// before the first check. Quick: no input or output.
    /// </summary>
    /// <remarks>
    /// At run time settings can change without a call of this method, so <see cref="Prepare"/> has to cope with any. The server leaves a client
    /// with a problem out, because it could not check it.
    /// </remarks>
    /// <param name="settings">The client's settings, from its section and the defaults.</param>
    /// <returns>The problems; none by default.</returns>
    IReadOnlyList<OptionProblem> Validate(ClientSettings settings) => [];

    /// <summary>
    /// Whether a check that succeeds proves that the client's own system runs, by a key that lies on its encrypted disk. Then one that succeeds while the
    /// client asks for its secret shows that another machine has its key. The same for as long as the checker is there; false by default.
    /// </summary>
    bool ProvesIdentity => false;
}
