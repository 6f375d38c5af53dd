using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A check ended by itself.</summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Result">How it went.</param>
/// <param name="Description">What was run.</param>
public sealed record CheckerCompleted(ClientSnapshot Client, CheckResult Result, string Description) : ClientEvent(Client);
