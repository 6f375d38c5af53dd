using Mandos.Abstractions.Control;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>Writes the value of a property of the server, given the number of clients, as a variant.</summary>
internal delegate void ServerPropertyWriter(ref MessageWriter writer, ServerInfo info, int clients);
