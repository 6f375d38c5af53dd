using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.PluginContracts.Control;

/// <content>Changes of clients' keys.</content>
public sealed partial class InMemoryServer
{
    /// <inheritdoc/>
    public Task<CommandResult> PromoteAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken) => UpdateAsync(
        client,
        source,
        state => state.Rotation?.NextKeyId is { } next
            ? state with
            {
                Settings = state.Settings with { KeyId = next, Fingerprint = null },
                Rotation = new KeyRotation { RetiredKeyId = state.Settings.KeyId, PromotedAt = _time.GetUtcNow(), IsFileBehind = true },
            }
            : throw new NoNextKeyException(state.Name),
        cancellationToken);
}
