using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;

namespace Mandos.PluginContracts.Persistence;

/// <summary>Compares stored clients in all that a store has to keep.</summary>
public sealed class StoredClientComparer : IEqualityComparer<StoredClient>
{
    private StoredClientComparer()
    {
    }

    /// <summary>The comparer.</summary>
    public static StoredClientComparer Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(StoredClient? x, StoredClient? y)
        => x is null || y is null
            ? ReferenceEquals(x, y)
            : Kept(x) == Kept(y) && x.EncryptedSecret.Span.SequenceEqual(y.EncryptedSecret.Span)
                && x.Proof.Span.SequenceEqual(y.Proof.Span) && x.TrialProof.Span.SequenceEqual(y.TrialProof.Span) && HaveSameOptions(x, y);

    /// <inheritdoc/>
    public int GetHashCode([DisallowNull] StoredClient obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        return Kept(obj).GetHashCode();
    }

    private static StoredClient Kept(StoredClient stored) => stored with
    {
        FileSettings = Kept(stored.FileSettings),
        Client = stored.Client is not { } client ? null : client with
        {
            Settings = Kept(client.Settings),
            ApprovalsPending = 0,
            CheckerRunning = false,
        },

        // They compare by identity; Equals compares the contents.
        EncryptedSecret = default,
        Proof = default,
        TrialProof = default,
    };

    /// <summary>Compares the options for checkers of clients that a command added; nobody else has them.</summary>
    private static bool HaveSameOptions(StoredClient x, StoredClient y)
        => x.Client is not { Origin: ClientOrigin.Command } one || y.Client is not { } other
            || (AreSame(x.FileSettings.Options, y.FileSettings.Options) && AreSame(one.Settings.Options, other.Settings.Options));

    private static bool AreSame(IReadOnlyDictionary<string, string> x, IReadOnlyDictionary<string, string> y)
        => x.Count == y.Count && x.All(option => y.TryGetValue(option.Key, out string? value) && value == option.Value);

    internal static ClientSettings Kept(ClientSettings settings) => settings with { Options = new ClientSettings().Options };
}
