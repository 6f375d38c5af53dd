namespace Mandos.Host.Plugins;

/// <summary>Whether a plugin that was found is in use.</summary>
internal enum PluginState
{
    /// <summary>Loaded; its exports can be created.</summary>
    Active,

    /// <summary>Left out because the configuration says so.</summary>
    Disabled,

    /// <summary>Not loaded because it was built against a contract that this server does not have.</summary>
    NotSupported,

    /// <summary>Broken: it could not be read, loaded, composed or created.</summary>
    Malfunctioned,
}
