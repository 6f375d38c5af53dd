using Mandos.Abstractions.Persistence;

namespace Mandos.Engine.Persistence;

/// <summary>Keeps, on this machine, what a server heard last from a store that it shares with others, of clients that it serves without that store.</summary>
/// <remarks>So that they get their secrets after a power cut too, when the server starts and the store waits for one of them.</remarks>
public interface ILastKnown
{
    /// <summary>Reads it; nothing if there is none.</summary>
    /// <exception cref="IOException">It cannot be read, or is damaged.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    IReadOnlyList<StoredClient> Read();

    /// <summary>Replaces it, so that it is on disk whole. Never called twice at a time.</summary>
    /// <param name="clients">The clients; their times of checks and of expiry are of no interest.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    void Write(IReadOnlyCollection<StoredClient> clients);
}
