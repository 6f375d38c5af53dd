using Mandos.Abstractions.Clients;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Clients;

/// <summary>Writes the value of a property as a variant.</summary>
internal delegate void PropertyWriter(ref MessageWriter writer, ClientSnapshot client);
