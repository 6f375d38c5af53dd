using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A reboot of the client is not expected any more. If the client is removed instead, there is only <see cref="ClientRemoved"/>.</summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Reboot">What was expected.</param>
/// <param name="Ending">Why it is not any more.</param>
public sealed record RebootExpectationEnded(ClientSnapshot Client, ExpectedReboot Reboot, RebootEnding Ending) : ClientEvent(Client);
