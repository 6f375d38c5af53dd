namespace Mandos.Abstractions.Plugins;

/// <summary>Marks an assembly as a Mandos plugin and says which contract it was built against.</summary>
/// <example><c>[assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]</c></example>
/// <param name="contractMajor"><see cref="ContractVersion.Major"/> at the time of the build.</param>
/// <param name="contractMinor"><see cref="ContractVersion.Minor"/> at the time of the build.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class MandosPluginAttribute(int contractMajor, int contractMinor) : Attribute
{
    /// <summary>Major contract version of the plugin.</summary>
    public int ContractMajor { get; } = contractMajor;

    /// <summary>Minor contract version of the plugin.</summary>
    public int ContractMinor { get; } = contractMinor;
}
