using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>
/// Something says that two machines have the key of a client: perhaps somebody has copied it. What becomes of the request is for
/// <see cref="ClientSettings.Anomaly"/> to say.
/// </summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Request">The request at which it was noticed; it may be over.</param>
/// <param name="Kind">What says so.</param>
/// <param name="Description">The same in a sentence for people, without a name of the client.</param>
public sealed record AnomalyNoticed(ClientSnapshot Client, SecretRequest Request, AnomalyKind Kind, string Description) : ClientEvent(Client);
