using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A person has announced a reboot of the client: <see cref="ClientSnapshot.ExpectedReboot"/> says what they said.</summary>
/// <param name="Client">The client right after it.</param>
public sealed record RebootExpected(ClientSnapshot Client) : ClientEvent(Client);
