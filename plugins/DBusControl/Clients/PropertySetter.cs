using Mandos.DBusControl.Calls;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Clients;

/// <summary>Makes the command that gives a property of a client a new value.</summary>
/// <param name="value">What the caller sent.</param>
/// <exception cref="CallException">It is no value for the property.</exception>
internal delegate ClientCommand PropertySetter(VariantValue value);
