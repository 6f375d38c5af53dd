using System.Text.Json;
using Mandos.Abstractions.Clients;

namespace Mandos.StateSqlite;

/// <summary>What defines a client that a command added, besides the settings that have columns of their own, as JSON in one column.</summary>
/// <param name="ApproveAll"><see cref="ClientSettings.ApproveAll"/></param>
/// <param name="Options"><see cref="ClientSettings.Options"/></param>
internal sealed record AddedDefinition(bool ApproveAll, IReadOnlyDictionary<string, string> Options)
{
    /// <summary>Writes it.</summary>
    public static string Write(ClientSettings settings)
        => JsonSerializer.Serialize(new AddedDefinition(settings.ApproveAll, settings.Options));

    /// <summary>Settings with what is written.</summary>
    /// <exception cref="DamageException">It is not what was written.</exception>
    public static ClientSettings Apply(string json, ClientSettings settings)
    {
        try
        {
            return JsonSerializer.Deserialize<AddedDefinition>(json) is { Options: { } options } added
                ? settings with { ApproveAll = added.ApproveAll, Options = options }
                : throw Damaged();
        }
        catch (JsonException)
        {
            throw Damaged();
        }
    }

    private static DamageException Damaged() => new("the definition of a client that was added is not what was saved");
}
