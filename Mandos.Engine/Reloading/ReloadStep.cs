using Mandos.Engine.Clients;

namespace Mandos.Engine.Reloading;

/// <summary>What a reload has to do with one client.</summary>
/// <param name="Client">The client as it runs; null for a new one.</param>
/// <param name="Definition">What the configuration says of it now; null if it is gone from there.</param>
internal readonly record struct ReloadStep(Client? Client, ClientDefinition? Definition);
