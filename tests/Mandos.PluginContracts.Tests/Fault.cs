namespace Mandos.PluginContracts.Tests;

/// <summary>A fault that a plugin could have.</summary>
/// <param name="Name">What the plugin does.</param>
/// <param name="Check">The name of the check that has to notice.</param>
/// <param name="Create">Makes a plugin with the fault, or a function that does.</param>
public sealed record Fault<T>(string Name, string Check, T Create);
