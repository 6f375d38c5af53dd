using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.Engine.Auditing;

/// <summary>A command that somebody has given.</summary>
/// <param name="Command">What it asks for.</param>
/// <param name="Client">The client that it is about; null for all, or if it is not known yet.</param>
/// <param name="Source">Who gave it.</param>
internal readonly record struct GivenCommand(AuditCommand Command, ClientReference? Client, CommandSource Source);
