using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Mandos.TlsBouncy.OpenSsl;

/// <summary>The functions of OpenSSL 3's libcrypto that we call, as the manual pages of the same names describe them.</summary>
/// <remarks>
/// The library context and the property query are always NULL, the defaults. Each function leaves its errors in a queue of the
/// thread, which .NET would read as its own; so code that sees a failure empties it.
/// </remarks>
internal static partial class LibCrypto
{
    /// <summary>The library that .NET's own cryptography loads.</summary>
    private const string Library = "libcrypto.so.3";

    /// <summary>Whether the library is there and agrees on secrets: a FIPS provider, say, may lack the curves.</summary>
    public static bool IsAvailable { get; } = IsUsable();

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_private_key_ex", StringMarshalling = StringMarshalling.Utf8)]
    public static partial KeyHandle NewPrivateKey(nint context, string type, nint query, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new_raw_public_key_ex", StringMarshalling = StringMarshalling.Utf8)]
    public static partial KeyHandle NewPublicKey(nint context, string type, nint query, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    public static partial int GetPublicKey(KeyHandle key, Span<byte> publicKey, ref nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    public static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_new_from_pkey")]
    public static partial OperationHandle NewOperation(nint context, KeyHandle key, nint query);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_derive_init")]
    public static partial int BeginDerive(OperationHandle operation);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_derive_set_peer")]
    public static partial int SetPeer(OperationHandle operation, KeyHandle peer);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_derive")]
    public static partial int Derive(OperationHandle operation, Span<byte> secret, ref nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_free")]
    public static partial void FreeOperation(nint operation);

    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();

    private static bool IsUsable()
    {
        // The first call initializes OpenSSL. Let it be .NET's, which leaves out the clean-up at exit that ends in crashes.
        RandomNumberGenerator.GetBytes(1);
        if (!NativeLibrary.TryLoad(Library, out _))
        {
            return false;
        }

        try
        {
            return CanAgree(MontgomeryCurve.X25519) && CanAgree(MontgomeryCurve.X448);
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static bool CanAgree(MontgomeryCurve curve)
    {
        using KeyHandle? key = curve.Import(RandomNumberGenerator.GetBytes(curve.Bytes));
        return key is not null && curve.PublicKey(key) is { } publicKey && curve.Agree(key, publicKey) is not null;
    }
}
