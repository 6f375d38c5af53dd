using Mandos.Host.Configuration;

namespace Mandos.Host.Plugins.Discovery;

/// <summary>A plugin is missing, broken or ambiguous.</summary>
/// <param name="message">One line that names the plugin or the directory and says what is wrong.</param>
/// <param name="innerException">The cause, if it is worth a stack trace in debug mode.</param>
internal sealed class PluginException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>A fault in what <c>plugins.yaml</c> says.</summary>
    public PluginException(ConfigProblem problem) : this(problem.ToString()) => Problems = [problem];

    /// <summary>The places in <c>plugins.yaml</c> that cause it; empty if none does.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; init; } = [];
}
