namespace Mandos.Abstractions.Control;

/// <summary>The configuration of the clients has problems, so nothing of it was taken up.</summary>
/// <param name="problems">
/// Everything that is wrong, a line each: <c>FILE:LINE: what is wrong and what is allowed</c>. No secrets.
/// </param>
public sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    /// <summary>Everything that is wrong, a line each: <c>FILE:LINE: what is wrong and what is allowed</c>. No secrets.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
