using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Persistence;

/// <summary>Keeps the server's own key, under which the secrets of clients that a command added are on disk. Its methods may block.</summary>
public interface IServerKeyFile
{
    /// <summary>Length of a key in bytes.</summary>
    const int KeyLength = 32;

    /// <summary>Reads the key.</summary>
    /// <returns>The key, which becomes the caller's; null if there is none.</returns>
    /// <exception cref="StateStoreException">There is something in its place that is none, or cannot be read, or is somebody else's.</exception>
    Secret? Read();

    /// <summary>Puts a key where there is none: as a whole or not at all, and so that it outlasts a power cut when this returns.</summary>
    /// <param name="key">The key; stays the caller's.</param>
    /// <exception cref="StateStoreException">It cannot be written.</exception>
    void Create(Secret key);
}
