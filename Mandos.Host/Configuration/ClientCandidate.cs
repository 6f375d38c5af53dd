using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

/// <summary>A client whose secret could be read, even if it must not be used.</summary>
/// <param name="Section">Its section.</param>
/// <param name="Definition">What that says.</param>
/// <param name="HasKey">Whether it has a key by which it can be found.</param>
/// <param name="IsPlain">Whether it has the standard checker.</param>
/// <param name="Next">What its section says of its next key, which may be faulty by itself; null for nothing.</param>
internal sealed record ClientCandidate(ConfigSection Section, ClientDefinition Definition, bool HasKey, bool IsPlain, ConfigSection? Next)
{
    /// <summary>Whether nothing is wrong with it.</summary>
    public bool IsUsable => HasKey && !Section.IsFaulty;

    /// <summary>The client without its next key if that is faulty, which costs it no present key.</summary>
    public ClientCandidate WithoutFaultyNext()
    {
        if (Next is not { IsFaulty: true })
        {
            return this;
        }

        Definition.Next?.Secret.Dispose();
        return this with { Definition = Definition with { Next = null, IsNextFaulty = true } };
    }

    /// <summary>The client found by its key ID alone.</summary>
    public ClientCandidate WithoutFingerprint()
        => this with { Definition = Definition with { Settings = Definition.Settings with { Fingerprint = null } } };
}
