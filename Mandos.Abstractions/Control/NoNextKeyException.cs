namespace Mandos.Abstractions.Control;

/// <summary>A key is to be promoted, and the client has no next one.</summary>
/// <param name="client">Its name.</param>
public sealed class NoNextKeyException(string client)
    : Exception($"client “{client}” has no next key: give it next_key_id and next_secret, as mandos-ctl --rotate does");
