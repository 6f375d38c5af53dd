namespace Mandos.PluginContracts;

/// <summary>A plugin does not keep the contract of its kind.</summary>
/// <param name="message">One line that says what it did and what would be right.</param>
/// <param name="innerException">The cause.</param>
public sealed class ContractViolationException(
    string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether the plugin hangs, so that further checks would only take as long to fail.</summary>
    public bool IsHang { get; init; }
}
