using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Tests.Model;

/// <summary>A client in the file, or as a command added it.</summary>
internal sealed record ModelDefinition(string Name, ClientSettings Settings, bool Enabled, string Secret)
{
    /// <summary>The key, by what a peer has it.</summary>
    public string Key { get; init; } = Name;

    /// <summary>The next key, and its secret.</summary>
    public (string Key, string Secret)? Next { get; init; }

    /// <summary>The key that the files have still, though <see cref="Key"/> has taken its place.</summary>
    public string? Retired { get; init; }

    /// <summary>The same with another key of a file.</summary>
    public ModelDefinition With(string key, string secret) => this with
    {
        Key = key, Secret = secret, Next = null, Settings = Settings with { KeyId = Support.EngineRig.KeyId(key) },
    };

    /// <summary>The same once the next key has taken the place of the present one.</summary>
    public ModelDefinition Promoted() => With(Next!.Value.Key, Next.Value.Secret) with { Retired = Key };
}
