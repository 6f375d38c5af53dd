namespace Mandos.Engine.Protocol;

/// <summary>
/// The stream of a connection whose secret release gates have to agree to: while the secret goes out, they are asked before each write, so that a
/// thread that was stalled after they had agreed writes nothing.
/// </summary>
internal sealed class GateStream(Stream rest, Connection connection, ReleaseGates gates) : WrappedStream(rest)
{
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        gates.ThrowIfLapsed(connection);
        return Rest.WriteAsync(buffer, cancellationToken);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        gates.ThrowIfLapsed(connection);
        Rest.Write(buffer, offset, count);
    }
}
