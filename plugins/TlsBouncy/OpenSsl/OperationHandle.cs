using Microsoft.Win32.SafeHandles;

namespace Mandos.TlsBouncy.OpenSsl;

/// <summary>An EVP_PKEY_CTX: one computation with a key.</summary>
internal sealed class OperationHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibCrypto.FreeOperation(handle);
        return true;
    }
}
