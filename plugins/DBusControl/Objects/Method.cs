using Mandos.Bus;
using Mandos.DBusControl.Calls;

namespace Mandos.DBusControl.Objects;

/// <summary>A method of one kind of object.</summary>
/// <param name="Interfaces">The interfaces that have it.</param>
/// <param name="Signatures">What arguments it takes: one of these.</param>
/// <param name="Read">Reads the arguments.</param>
internal sealed record Method(IReadOnlyList<string> Interfaces, IReadOnlyList<string> Signatures, Func<BusCall, Call> Read);
