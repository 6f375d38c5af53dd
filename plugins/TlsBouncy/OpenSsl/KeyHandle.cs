using Microsoft.Win32.SafeHandles;

namespace Mandos.TlsBouncy.OpenSsl;

/// <summary>An EVP_PKEY. libcrypto overwrites a private key when it frees it.</summary>
internal sealed class KeyHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibCrypto.FreeKey(handle);
        return true;
    }
}
