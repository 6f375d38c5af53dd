using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Mandos.CheckerSsh.Texts;

namespace Mandos.CheckerSsh.Keys;

/// <summary>
/// Checks the binary form of a public key, as RFC 4253 section 6.6, RFC 5656 section 3.1 and RFC 8709 section 4 give it.
/// </summary>
internal static class PublicKeyBlob
{
    /// <summary>Shorter RSA keys are within reach of those who can pay for it (NIST SP 800-131A).</summary>
    private const int MinRsaBits = 2048;

    private const int Ed25519Bytes = 32;
    private const byte UncompressedPoint = 4;
    private const string Damaged = "is cut off or damaged; copy the whole line";

    /// <summary>Finds out what is wrong with a key.</summary>
    /// <param name="blob">The key.</param>
    /// <param name="type">What it is said to be.</param>
    /// <returns>What is wrong with it, to be read after its name, or null.</returns>
    public static string? Problem(ReadOnlySpan<byte> blob, HostKeyType type)
    {
        if (!TryTake(ref blob, out ReadOnlySpan<byte> name))
        {
            return Damaged;
        }

        if (!name.SequenceEqual(Encoding.ASCII.GetBytes(type.Name)))
        {
            return $"is really of type {Text.Quote(Encoding.Latin1.GetString(name))}; copy the whole line";
        }

        return type.Name switch
        {
            "ssh-ed25519" => Ed25519Problem(blob),
            "ecdsa-sha2-nistp256" => PointProblem(blob, "nistp256"u8, 32),
            "ecdsa-sha2-nistp384" => PointProblem(blob, "nistp384"u8, 48),
            "ecdsa-sha2-nistp521" => PointProblem(blob, "nistp521"u8, 66),
            _ => RsaProblem(blob),
        };
    }

    /// <summary>Takes a string of RFC 4251 section 5: its length in four bytes, then its bytes.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> blob, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!BinaryPrimitives.TryReadUInt32BigEndian(blob, out uint length) || length > blob.Length - sizeof(uint))
        {
            return false;
        }

        value = blob.Slice(sizeof(uint), (int)length);
        blob = blob[(sizeof(uint) + (int)length)..];
        return true;
    }

    private static string? Ed25519Problem(ReadOnlySpan<byte> rest)
        => TryTake(ref rest, out ReadOnlySpan<byte> key) && key.Length == Ed25519Bytes && rest.IsEmpty ? null : Damaged;

    private static string? PointProblem(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> curve, int coordinateBytes)
        => TryTake(ref rest, out ReadOnlySpan<byte> named) && named.SequenceEqual(curve)
            && TryTake(ref rest, out ReadOnlySpan<byte> point) && point.Length == 1 + (2 * coordinateBytes)
            && point[0] == UncompressedPoint && rest.IsEmpty
            ? null : Damaged;

    private static string? RsaProblem(ReadOnlySpan<byte> rest)
    {
        if (!TryTake(ref rest, out ReadOnlySpan<byte> exponent) || exponent.IsEmpty
            || !TryTake(ref rest, out ReadOnlySpan<byte> modulus) || modulus.IsEmpty || !rest.IsEmpty)
        {
            return Damaged;
        }

        BigInteger number = new(modulus, isBigEndian: true);
        return number.Sign <= 0 ? Damaged
            : number.GetBitLength() < MinRsaBits
                ? $"has {number.GetBitLength()} bits and can be forged; "
                    + $"use one of {MinRsaBits} bits or more, or another key of the host"
            : null;
    }
}
