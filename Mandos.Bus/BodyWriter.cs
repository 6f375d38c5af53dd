using Tmds.DBus.Protocol;

namespace Mandos.Bus;

/// <summary>Writes the body of a message.</summary>
/// <param name="writer">Where it goes. It has to be passed on by reference.</param>
public delegate void BodyWriter(ref MessageWriter writer);
