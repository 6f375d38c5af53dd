using System.Text;

namespace Mandos.DBusControl.Texts;

/// <summary>
/// Texts that D-Bus can carry. It allows neither NUL nor half a surrogate pair (D-Bus Specification, "Basic types"), and a bus
/// disconnects a sender of them.
/// </summary>
internal static class SafeText
{
    /// <summary>The text, with what cannot be sent replaced by <c>?</c> and U+FFFD.</summary>
    public static string Of(string text)
        => text.Contains('\0', StringComparison.Ordinal) || text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Clean(text) : text;

    /// <summary>Number of bytes of <see cref="Of"/> in UTF-8.</summary>
    public static int Length(string text) => Encoding.UTF8.GetByteCount(text);

    private static string Clean(string text)
        => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '?');
}
