namespace Mandos.Notify.Settings;

/// <summary>Addresses on the web.</summary>
internal static class WebAddress
{
    private static readonly Uri _none = new("https://invalid./");

    /// <summary>Reads an address: https, or http on this machine itself, because tokens go there.</summary>
    /// <param name="text">The text.</param>
    /// <param name="url">The address, or one that stands for nothing.</param>
    /// <returns>What is wrong with it; null if nothing is.</returns>
    public static string? FindFault(string text, out Uri url)
    {
        url = _none;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? found) || (found.Scheme != Uri.UriSchemeHttps && found.Scheme != Uri.UriSchemeHttp))
        {
            return "is not an address that begins with https://";
        }

        if (found.Scheme == Uri.UriSchemeHttp && !found.IsLoopback)
        {
            return "begins with http://, which hides nothing; only this machine itself may be asked that way";
        }

        if (found.UserInfo.Length > 0 || found.Fragment.Length > 0)
        {
            return "has a user, a password or a # in it";
        }

        url = found;
        return null;
    }
}
