using System.Buffers;
using System.Text.Json;

namespace Mandos.Ctl.Servers.Web;

/// <summary>Reads <c>{"clients":[…],…}</c> client by client, as 100,000 of them are 100 MB.</summary>
internal static class ClientsReader
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Reads all clients.</summary>
    /// <param name="stream">What the server sends.</param>
    /// <param name="read">Is told of each part how many clients it has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="JsonException">It is something else.</exception>
    /// <exception cref="InvalidDataException">It is too much.</exception>
    public static async Task<List<Client>> ReadAsync(LimitedStream stream, Action<int>? read, CancellationToken cancellationToken)
    {
        var parser = new Parser();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        int length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.CopyTo(larger, 0);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                stream.Allowance = WebLimits.ItemBytes - length;
                int count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
                length += count;
                int before = parser.Clients.Count;
                int used = parser.Read(buffer.AsSpan(0, length), isFinal: count == 0);
                read?.Invoke(parser.Clients.Count - before);
                buffer.AsSpan(used, length - used).CopyTo(buffer);
                length -= used;
                if (count == 0)
                {
                    return parser.Clients;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private sealed class Parser
    {
        private JsonReaderState _state;
        private bool _isNext;
        private bool _isInside;
        private bool _wasThere;

        public List<Client> Clients { get; } = [];

        /// <summary>Reads what is there in full.</summary>
        /// <returns>How many bytes were read.</returns>
        public int Read(ReadOnlySpan<byte> bytes, bool isFinal)
        {
            var reader = new Utf8JsonReader(bytes, isFinal, _state);
            Utf8JsonReader before = reader;
            while (reader.Read())
            {
                if (_isInside && reader.TokenType == JsonTokenType.StartObject)
                {
                    Utf8JsonReader client = reader;
                    if (!reader.TrySkip())
                    {
                        break; // the rest of it has yet to come
                    }

                    Clients.Add(JsonSerializer.Deserialize(ref client, WebJson.Default.Client)!);
                    if (Clients.Count > WebLimits.Clients)
                    {
                        throw new InvalidDataException("its list of clients does not end");
                    }
                }
                else if (_isInside)
                {
                    _isInside = reader.TokenType == JsonTokenType.EndArray ? false : throw new JsonException("a client is an object");
                }
                else if (_isNext)
                {
                    (_isInside, _wasThere) = reader.TokenType == JsonTokenType.StartArray ? (true, true) : throw new JsonException("the clients are a list");
                    _isNext = false;
                }
                else
                {
                    _isNext = reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 } && reader.ValueTextEquals("clients"u8);
                }

                before = reader;
            }

            if (isFinal && !_wasThere)
            {
                throw new JsonException("there is no list of clients");
            }

            _state = before.CurrentState;
            return (int)before.BytesConsumed;
        }
    }
}
