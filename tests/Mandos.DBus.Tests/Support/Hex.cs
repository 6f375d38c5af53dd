namespace Mandos.DBus.Tests.Support;

internal static class Hex
{
    /// <summary>The bytes of pairs of digits with spaces between.</summary>
    public static byte[] Bytes(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
