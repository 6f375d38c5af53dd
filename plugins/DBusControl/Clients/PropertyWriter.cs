using Mandos.Abstractions.Clients;
using Mandos.DBus;

namespace Mandos.DBusControl.Clients;

/// <summary>Writes the value of a property as a variant.</summary>
internal delegate void PropertyWriter(MessageWriter writer, ClientSnapshot client);
