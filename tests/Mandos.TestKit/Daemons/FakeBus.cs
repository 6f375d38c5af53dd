using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Mandos.TestKit.Daemons;

/// <summary>
/// A bus with one connection that passes on whatever it is told, right or wrong; a real one passes on nothing malformed. It knows its own
/// methods only as far as a service on it needs them. Not to be used by several threads at once.
/// </summary>
public sealed class FakeBus : IDisposable
{
    private const byte MethodCall = 1;
    private const byte MethodReturn = 2;
    private const byte Error = 3;
    private const byte Signal = 4;
    private const byte PathField = 1;
    private const byte InterfaceField = 2;
    private const byte MemberField = 3;
    private const byte ErrorNameField = 4;
    private const byte ReplySerialField = 5;
    private const byte SenderField = 7;
    private const byte SignatureField = 8;
    private const int FixedHeader = 16;

    /// <summary>How long the connection may take for anything.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[64 << 10];
    private Socket? _socket;
    private byte[] _received = [];
    private uint _serial;

    public FakeBus()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(_directory.PathOf("socket")));
        _listener.Listen();
    }

    /// <summary>Is told of each method of the bus that is called, and says whether it is answered.</summary>
    public Func<string, bool> Answers { get; set; } = static _ => true;

    /// <summary>Its address.</summary>
    public string Address => $"unix:path={_directory.PathOf("socket")}";

    /// <summary>Lets a connection in, in the place of the one before, and answers it.</summary>
    /// <param name="until">Until it has called this method of the bus: a service asks for its name when it can be called.</param>
    public void Accept(string until = "Hello")
    {
        while (!TryAccept(until))
        {
            // It was one that has been given up already.
        }
    }

    private bool TryAccept(string until)
    {
        _socket?.Dispose();
        _received = [];
        if (!_listener.Poll(_patience, SelectMode.SelectRead))
        {
            throw new TimeoutException("nobody connects to the bus");
        }

        _socket = _listener.Accept();
        _socket.ReceiveTimeout = _socket.SendTimeout = (int)_patience.TotalMilliseconds;
        if (ReadLine() is null || !Send(Encoding.ASCII.GetBytes($"OK {new string('0', 32)}\r\n")) || ReadLine() != "BEGIN")
        {
            return false;
        }

        string? member = null;
        while (member != until)
        {
            if (Receive() is not { } message)
            {
                return false;
            }

            member = (string)ReadFields(message)[MemberField];
            Answer(BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(8)), member);
        }

        return true;
    }

    /// <summary>Calls a method, and waits for the answer.</summary>
    /// <param name="path">The object.</param>
    /// <param name="interfaceName">The interface; null to leave it out.</param>
    /// <param name="member">The method.</param>
    /// <param name="signature">What the types of the arguments are said to be.</param>
    /// <param name="body">The arguments.</param>
    /// <returns>The name of the error, or an empty text; null if the connection has ended.</returns>
    public string? Call(string path, string? interfaceName, string member, string signature, ReadOnlySpan<byte> body)
    {
        uint serial = ++_serial;
        return Send(Compose(MethodCall, serial, body, (PathField, 'o', path), (InterfaceField, 's', interfaceName), (MemberField, 's', member),
            (SenderField, 's', ":1.7"), (SignatureField, 'g', signature.Length == 0 ? null : signature)))
            ? AnswerTo(serial)
            : null;
    }

    /// <summary>Waits for a signal, and answers what the bus is asked until then.</summary>
    /// <param name="signal">Its name.</param>
    public void WaitFor(string signal)
    {
        while (Receive() is { } message)
        {
            Dictionary<byte, object> fields = ReadFields(message);
            if (message[1] == MethodCall)
            {
                Answer(BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(8)), (string)fields[MemberField]);
            }
            else if (message[1] == Signal && (string)fields[MemberField] == signal)
            {
                return;
            }
        }

        throw new TimeoutException($"the connection has ended without a signal {signal}");
    }

    /// <summary>Sends any bytes, and nothing after them, and waits until the connection has ended.</summary>
    public void SendLast(ReadOnlySpan<byte> bytes)
    {
        if (Send(bytes.ToArray()))
        {
            try
            {
                _socket!.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                return;
            }

            AnswerTo(uint.MaxValue);
        }
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _listener.Dispose();
        _directory.Dispose();
    }

    private static byte[] Compose(byte type, uint serial, ReadOnlySpan<byte> body, params (byte Code, char Type, object? Value)[] fields)
    {
        var header = new List<byte>();
        foreach ((byte code, char fieldType, object? value) in fields.Where(static field => field.Value is not null))
        {
            Align(header, 8);
            header.AddRange([code, 1, (byte)fieldType, 0]);
            switch (value)
            {
                case uint number:
                    header.AddRange(Bytes(number));
                    break;
                case string text when fieldType == 'g':
                    header.AddRange([(byte)text.Length, .. Encoding.UTF8.GetBytes(text), 0]);
                    break;
                case string text:
                    byte[] utf8 = Encoding.UTF8.GetBytes(text);
                    header.AddRange([.. Bytes((uint)utf8.Length), .. utf8, 0]);
                    break;
            }
        }

        int length = header.Count;
        Align(header, 8);
        return [(byte)'l', type, 0, 1, .. Bytes((uint)body.Length), .. Bytes(serial), .. Bytes((uint)length), .. header, .. body];
    }

    private static byte[] Bytes(uint number)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        return bytes;
    }

    private static void Align(List<byte> bytes, int alignment)
    {
        while (bytes.Count % alignment != 0)
        {
            bytes.Add(0);
        }
    }

    private static int Aligned(int position, int alignment) => (position + alignment - 1) & -alignment;

    private bool Send(byte[] bytes)
    {
        try
        {
            for (int sent = 0; sent < bytes.Length;)
            {
                sent += _socket!.Send(bytes.AsSpan(sent));
            }

            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is not SocketError.TimedOut)
        {
            return false;
        }
    }

    /// <summary>Answers what it is asked itself until the answer to a call comes.</summary>
    private string? AnswerTo(uint serial)
    {
        while (Receive() is { } message)
        {
            Dictionary<byte, object> fields = ReadFields(message);
            if (message[1] == MethodCall)
            {
                Answer(BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(8)), (string)fields[MemberField]);
            }
            else if (fields.TryGetValue(ReplySerialField, out object? replied) && (uint)replied == serial)
            {
                return message[1] == MethodReturn ? "" : (string)fields[ErrorNameField];
            }
        }

        return null;
    }

    private void Answer(uint serial, string member)
    {
        const string name = ":1.1";
        if (!Answers(member))
        {
            return;
        }

        Send(member switch
        {
            "Hello" or "GetNameOwner" => Compose(
                MethodReturn, ++_serial, [.. Bytes((uint)name.Length), .. Encoding.ASCII.GetBytes(name), 0],
                (ReplySerialField, 'u', serial), (SenderField, 's', "org.freedesktop.DBus"), (SignatureField, 'g', "s")),
            "RequestName" or "GetConnectionUnixUser" => Compose(
                MethodReturn, ++_serial, Bytes(1),
                (ReplySerialField, 'u', serial), (SenderField, 's', "org.freedesktop.DBus"), (SignatureField, 'g', "u")),
            _ => Compose(
                Error, ++_serial, [],
                (ErrorNameField, 's', "org.freedesktop.DBus.Error.UnknownMethod"), (ReplySerialField, 'u', serial),
                (SenderField, 's', "org.freedesktop.DBus")),
        });
    }

    private static Dictionary<byte, object> ReadFields(byte[] message)
    {
        var fields = new Dictionary<byte, object>();
        int end = FixedHeader + (int)BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(12));
        for (int at = FixedHeader; at < end; at = Aligned(at, 8))
        {
            byte code = message[at];
            char type = (char)message[at + 2];
            at += 4;
            int length = type == 'g' ? message[at] : (int)BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at));
            at += type == 'g' ? 1 : sizeof(uint);
            fields[code] = type == 'u' ? (uint)length : Encoding.UTF8.GetString(message, at, length);
            at += type == 'u' ? 0 : length + 1;
        }

        return fields;
    }

    /// <summary>The next message; null at the end of the connection.</summary>
    private byte[]? Receive()
    {
        while (true)
        {
            if (_received.Length >= FixedHeader)
            {
                int length = Aligned(FixedHeader + (int)BinaryPrimitives.ReadUInt32LittleEndian(_received.AsSpan(12)), 8)
                    + (int)BinaryPrimitives.ReadUInt32LittleEndian(_received.AsSpan(4));
                if (_received.Length >= length)
                {
                    byte[] message = _received[..length];
                    _received = _received[length..];
                    return message;
                }
            }

            if (!ReceiveMore())
            {
                return null;
            }
        }
    }

    private bool ReceiveMore()
    {
        try
        {
            int count = _socket!.Receive(_buffer);
            _received = [.. _received, .. _buffer.AsSpan(0, count)];
            return count > 0;
        }
        catch (SocketException e) when (e.SocketErrorCode is not (SocketError.TimedOut or SocketError.WouldBlock))
        {
            return false;
        }
    }

    private string? ReadLine()
    {
        int end;
        while ((end = _received.AsSpan().IndexOf((byte)'\n')) < 0)
        {
            if (!ReceiveMore())
            {
                return null;
            }
        }

        string line = Encoding.ASCII.GetString(_received, 0, end).Trim('\0', '\r');
        _received = _received[(end + 1)..];
        return line;
    }
}
