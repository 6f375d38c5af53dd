namespace Mandos.DBus.Transport;

/// <summary>
/// What has been received and not yet handled. It grows with what arrives, not with what a header promises, and is erased behind
/// what has been handled: that may have been a secret.
/// </summary>
internal sealed class ReceiveBuffer
{
    private const int InitialSize = 64 << 10;

    private byte[] _data = new byte[InitialSize];
    private int _start;
    private int _end;

    public byte[] Data => _data;

    public int Start => _start;

    public ReadOnlySpan<byte> Received => _data.AsSpan(_start, _end - _start);

    /// <summary>Room for more, at least one byte.</summary>
    public Span<byte> GetRoom()
    {
        if (_end == _data.Length)
        {
            byte[] target = _start > _data.Length / 2 ? _data : GC.AllocateUninitializedArray<byte>(2 * _data.Length);
            int length = _end - _start;
            Received.CopyTo(target);
            _data.AsSpan(target == _data ? length : 0).Clear();
            _data = target;
            _start = 0;
            _end = length;
        }
        return _data.AsSpan(_end);
    }

    /// <summary>So many bytes have been put into the room.</summary>
    public void Add(int length) => _end += length;

    /// <summary>So many bytes have been handled.</summary>
    public void Remove(int length)
    {
        _data.AsSpan(_start, length).Clear();
        _start += length;
        if (_start == _end)
        {
            _start = _end = 0;
            if (_data.Length > InitialSize)
            {
                _data = new byte[InitialSize];
            }
        }
    }

    /// <summary>Erases all.</summary>
    public void Clear() => Remove(_end - _start);
}
