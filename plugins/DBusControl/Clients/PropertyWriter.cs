using Mandos.Abstractions.Clients;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Clients;

/// <summary>Writes the value of a property as a variant.</summary>
/// <param name="writer">Where it goes.</param>
/// <param name="path">The client's object path.</param>
/// <param name="client">The client.</param>
internal delegate void PropertyWriter(ref MessageWriter writer, string path, ClientSnapshot client);
