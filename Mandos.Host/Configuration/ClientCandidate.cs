using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

/// <summary>A client whose secret could be read, even if it must not be used.</summary>
/// <param name="Section">Its section.</param>
/// <param name="Definition">What that says.</param>
/// <param name="HasKey">Whether it has a key by which it can be found.</param>
/// <param name="IsPlain">Whether it has the standard checker.</param>
internal sealed record ClientCandidate(ConfigSection Section, ClientDefinition Definition, bool HasKey, bool IsPlain)
{
    /// <summary>Whether nothing is wrong with it.</summary>
    public bool IsUsable => HasKey && !Section.IsFaulty;

    /// <summary>The client found by its key ID alone.</summary>
    public ClientCandidate WithoutFingerprint()
        => this with { Definition = Definition with { Settings = Definition.Settings with { Fingerprint = null } } };
}
