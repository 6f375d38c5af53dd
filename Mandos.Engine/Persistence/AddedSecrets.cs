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

    /// <summary>Keys that were read and are not the right one; somebody may be trying one still.</summary>
    private readonly List<Secret> _wrong = [];

    private volatile Secret? _key;

    /// <summary>Whether a secret was opened or encrypted with the key, so that no other one can take its place.</summary>
    private volatile bool _isProven;

    /// <summary>Reads the key, for clients that are there already; again, if no secret could be opened with the one before. May block.</summary>
    /// <returns>Why there is none, in a line; null if there is one.</returns>
    public string? ReadKey()
    {
        lock (_lock)
        {
            try
            {
                if (!_isProven && file?.Read() is { } onDisk)
                {
                    if (_key is { } known && known.FixedTimeEquals(onDisk.Memory.Span))
                    {
                        onDisk.Dispose();
                    }
                    else
                    {
                        _wrong.AddRange(_key is { } old ? [old] : []);
                        _key = onDisk;
                    }
                }

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
    {
        Secret key = _key ?? throw new InvalidOperationException("the server key was not read");
        _isProven = true;
        return SecretCipher.Encrypt(key, Context(client.Name, client.Settings), secret.Memory.Span);
    }

    /// <summary>Decrypts the secret of a client that was added.</summary>
    /// <returns>Null if the key is not there, or not the one that it was encrypted under.</returns>
    public Secret? TryDecrypt(StoredClient client)
    {
        Secret? secret = _key is { } key
            ? SecretCipher.TryDecrypt(key, Context(client.Name, client.FileSettings), client.EncryptedSecret.Span) : null;
        _isProven |= secret is not null;
        return secret;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _key?.Dispose();
            _wrong.ForEach(static key => key.Dispose());
        }
    }

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
