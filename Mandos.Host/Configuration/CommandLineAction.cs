namespace Mandos.Host.Configuration;

/// <summary>What the program is asked to do.</summary>
internal enum CommandLineAction
{
    /// <summary>Serve.</summary>
    Serve,

    /// <summary><c>--check</c>: run the self-tests.</summary>
    Check,

    /// <summary><c>--check-config</c>: check the configuration.</summary>
    CheckConfiguration,

    /// <summary><c>--probe</c>: ask the running server whether it is well.</summary>
    Probe,

    /// <summary><c>--list-plugins</c>: show the plugins.</summary>
    ListPlugins,

    /// <summary><c>--show-priority</c>: show what a priority string allows.</summary>
    ShowPriority,

    /// <summary><c>--export-state</c>: write what the store has to a file.</summary>
    ExportState,

    /// <summary><c>--import-state</c>: fill the store from a file.</summary>
    ImportState,
}
