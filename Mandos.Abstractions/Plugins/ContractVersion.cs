namespace Mandos.Abstractions.Plugins;

/// <summary>The version of the contracts in this assembly.</summary>
/// <remarks>
/// A change that breaks plugins raises <see cref="Major"/>; an addition raises <see cref="Minor"/>. A server loads a plugin whose
/// major version equals its own and whose minor version is not above its own.
/// </remarks>
public static class ContractVersion
{
    /// <summary>Raised by changes that break existing plugins.</summary>
    public const int Major = 2;

    /// <summary>Raised by additions.</summary>
    public const int Minor = 0;
}
