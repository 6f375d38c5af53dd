namespace Mandos.DBus;

/// <summary>
/// A finished message. Who is given it to send owns it from then on; one that is not sent is disposed of by who has it.
/// </summary>
public sealed class MessageBuffer : IDisposable
{
    internal MessageBuffer()
    {
    }

    /// <summary>Its size in bytes.</summary>
    public int Length { get; internal set; }

    /// <summary>A copy of its bytes, for tests; the serial is 0 unless it has been sent.</summary>
    public byte[] ToArray() => throw new NotImplementedException();

    /// <summary>Erases it and gives its memory back.</summary>
    public void Dispose()
    {
    }
}
