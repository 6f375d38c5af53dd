namespace Mandos.Abstractions.Control;

/// <summary>A command names a request that does not wait, or no longer waits.</summary>
/// <param name="requestId">The number given.</param>
public sealed class UnknownRequestException(long requestId) : Exception($"no request with the number {requestId} waits for approval")
{
    /// <summary>The number given.</summary>
    public long RequestId { get; } = requestId;
}
