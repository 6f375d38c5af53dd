using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Mandos.Abstractions.Control;

/// <summary>
/// Makes and reads the tokens of links that approve or deny one request, such as <c>https://mandos.example.org/link/TOKEN</c> in a message: who has
/// the token may decide, so it is as good as a password for that request. Thread-safe.
/// </summary>
/// <remarks>
/// A token is HMAC-SHA256 (RFC 2104) over the number of the request and what the token does, under a random key that never leaves this object. So a
/// token ends with the process, and nothing has to be kept for it. It ends with its request too, because
/// <see cref="IMandosServer.DecideAsync"/> decides a request once. Never log a token, and let no GET act upon one: programs open the links in
/// messages before people do.
/// </remarks>
public sealed class RequestLinks
{
    private const int PayloadBytes = sizeof(long) + 1;
    private const int TokenBytes = PayloadBytes + HMACSHA256.HashSizeInBytes;

    // Nothing else is signed with the key, and by this nothing else can be without notice.
    private static readonly byte[] _purpose = "mandos request link 1\0"u8.ToArray();

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    /// <summary>How long a token is: this many characters of the URL-safe alphabet of RFC 4648.</summary>
    public static int TokenLength { get; } = Base64Url.GetEncodedLength(TokenBytes);

    /// <summary>Makes the token of a link. The same arguments give the same token.</summary>
    /// <param name="requestId">The <see cref="Clients.SecretRequest.Id"/> of the request.</param>
    /// <param name="approved">True to approve, false to deny.</param>
    public string Make(long requestId, bool approved)
    {
        Span<byte> token = stackalloc byte[TokenBytes];
        BinaryPrimitives.WriteInt64BigEndian(token, requestId);
        token[sizeof(long)] = approved ? (byte)1 : (byte)0;
        HMACSHA256.HashData(_key, [.. _purpose, .. token[..PayloadBytes]], token[PayloadBytes..]);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>Reads a token. It takes the same time for each wrong one of the right form.</summary>
    /// <param name="token">What came with the link: anything.</param>
    /// <param name="requestId">The request that the token is for. It may be over: <see cref="IMandosServer.DecideAsync"/> knows.</param>
    /// <param name="approved">Whether the token approves it; false if it denies it.</param>
    /// <returns>Whether <see cref="Make"/> of this object has made exactly this token.</returns>
    public bool TryRead(string? token, out long requestId, out bool approved)
    {
        (requestId, approved) = (0, false);
        Span<byte> bytes = stackalloc byte[TokenBytes];
        if (token?.Length != TokenLength
            || Base64Url.DecodeFromChars(token, bytes, out _, out int length) != OperationStatus.Done || length != TokenBytes)
        {
            return false;
        }

        long claimedId = BinaryPrimitives.ReadInt64BigEndian(bytes);
        bool claimedApproved = bytes[sizeof(long)] != 0;
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(token), Encoding.ASCII.GetBytes(Make(claimedId, claimedApproved))))
        {
            return false;
        }

        (requestId, approved) = (claimedId, claimedApproved);
        return true;
    }
}
