using System.Security.Cryptography;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Persistence;

/// <summary>
/// Encrypts the secrets of clients that a command added for the state store. The files have no secret of these, so a key of the server's
/// own takes its place. Thread-safe.
/// </summary>
/// <remarks>
/// The encrypted secret is bound to the client's name and keys: a row of the store that names other keys gives nobody the secret.
/// </remarks>
/// <param name="file">Keeps the key; null if there is no place for one.</param>
internal sealed class AddedSecrets(IServerKeyFile? file) : IDisposable
{
    private readonly Lock _lock = new();
    private volatile Secret? _key;

    /// <summary>Reads the key, for clients that are there already. May block.</summary>
    /// <returns>Why there is none, in a line; null if there is one.</returns>
    public string? ReadKey()
    {
        lock (_lock)
        {
            try
            {
                _key ??= file?.Read();
                return _key is null ? "there is no server key to open their secrets with; restore it from a backup" : null;
            }
            catch (StateStoreException e)
            {
                return e.Message;
            }
        }
    }

    /// <summary>Sees that there is a key, here and on disk, before a client is added. May block.</summary>
    /// <exception cref="StateStoreException">There is none, and none can be made.</exception>
    public void RequireKey()
    {
        lock (_lock)
        {
            if (file is null)
            {
                throw new StateStoreException("this server has no place for the key that the secrets of added clients need");
            }

            Secret? onDisk = file.Read();
            if (onDisk is null)
            {
                Secret key = _key ?? NewKey();
                file.Create(key);
                _key = key;
                return;
            }

            using Secret? spare = _key is null ? null : onDisk;
            _key ??= onDisk;
            if (!_key.FixedTimeEquals(onDisk.Memory.Span))
            {
                throw new StateStoreException("the server key on disk is not the one that this server has read; restart the server to take it");
            }
        }
    }

    /// <summary>Encrypts the secret of a client. The key has been read.</summary>
    public byte[] Encrypt(ClientDefinition client, Secret secret)
        => SecretCipher.Encrypt(
            _key ?? throw new InvalidOperationException("the server key was not read"), Context(client.Name, client.Settings), secret.Memory.Span);

    /// <summary>Decrypts the secret of a client that was added.</summary>
    /// <returns>Null if the key is not there, or not the one that it was encrypted under.</returns>
    public Secret? TryDecrypt(StoredClient client)
        => _key is { } key ? SecretCipher.TryDecrypt(key, Context(client.Name, client.FileSettings), client.EncryptedSecret.Span) : null;

    /// <inheritdoc/>
    public void Dispose() => _key?.Dispose();

    private static string Context(string name, ClientSettings settings) => $"{name}\n{settings.KeyId}\n{settings.Fingerprint}";

    private static Secret NewKey()
    {
        Span<byte> key = stackalloc byte[IServerKeyFile.KeyLength];
        try
        {
            RandomNumberGenerator.Fill(key);
            return new Secret(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
