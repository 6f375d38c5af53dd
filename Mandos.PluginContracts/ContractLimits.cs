namespace Mandos.PluginContracts;

/// <summary>
/// How long the checks wait for a plugin. More than the contracts say, so that a slow machine makes no plugin a bad one.
/// </summary>
public sealed record ContractLimits
{
    /// <summary>How long a plugin may go on after it was cancelled; five seconds by default.</summary>
    public TimeSpan Stop { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a plugin is left to run before it is cancelled; a fifth of a second by default.</summary>
    public TimeSpan Run { get; init; } = TimeSpan.FromSeconds(0.2);

    /// <summary>How long a check may take of a client that is up or down; half a minute by default.</summary>
    public TimeSpan Check { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long something may take that should take next to nothing; a second by default.</summary>
    public TimeSpan Quick { get; init; } = TimeSpan.FromSeconds(1);
}
