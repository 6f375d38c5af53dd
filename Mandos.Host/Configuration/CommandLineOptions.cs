using Mandos.Host.Logging;

namespace Mandos.Host.Configuration;

/// <summary>What the command line says; null is where it says nothing. <see cref="ServerOptions"/> has the meanings.</summary>
internal sealed record CommandLineOptions
{
    /// <summary>What to do.</summary>
    public CommandLineAction Action { get; init; }

    /// <summary>Whether a program is to read what is shown; only with <see cref="CommandLineAction.ListPlugins"/>.</summary>
    public bool Json { get; init; }

    /// <summary>The priority string to show; not null with <see cref="CommandLineAction.ShowPriority"/>.</summary>
    public string? ShownPriority { get; init; }

    /// <summary>The file of state; not null with <see cref="CommandLineAction.ExportState"/> and <see cref="CommandLineAction.ImportState"/>.</summary>
    public string? StateFile { get; init; }

    /// <summary>Whether an import replaces what the store has; only with <see cref="CommandLineAction.ImportState"/>.</summary>
    public bool Replace { get; init; }

    public string? ConfigDirectory { get; init; }

    public string? Interface { get; init; }

    public string? Address { get; init; }

    public int? Port { get; init; }

    public int? Socket { get; init; }

    public bool? Debug { get; init; }

    public DebugLevel? DebugLevel { get; init; }

    public OutputFormat? LogFormat { get; init; }

    public bool? Foreground { get; init; }

    public string? Priority { get; init; }

    public string? ServiceName { get; init; }

    public bool? UseDBus { get; init; }

    public bool? UseIPv6 { get; init; }

    public bool? UseZeroconf { get; init; }

    public bool? Restore { get; init; }

    public string? StateDirectory { get; init; }

    public string? PluginDirectory { get; init; }
}
