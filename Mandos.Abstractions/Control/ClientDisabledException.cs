namespace Mandos.Abstractions.Control;

/// <summary>A command is for enabled clients alone, and this one is disabled, or has expired. Nothing was changed.</summary>
/// <param name="name">Name of the client.</param>
public sealed class ClientDisabledException(string name) : Exception($"client “{name}” is disabled and gets no secret; enable it first")
{
    /// <summary>Name of the client.</summary>
    public string ClientName { get; } = name;
}
