using System.Globalization;
using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Listing;

/// <summary>What is listed of the servers that share their state.</summary>
internal static class ServerColumn
{
    /// <summary>Digits of a hash that tell files apart.</summary>
    private const int Digits = 12;

    /// <summary>The columns.</summary>
    /// <param name="group">The servers.</param>
    public static IReadOnlyList<(string Title, Func<SharingServer, string> Text)> Of(ServerGroup group) =>
    [
        ("Name", static server => server.Name),
        ("This", static server => server.IsSelf ? "Yes" : "No"),
        ("Since", static server => server.Since),
        ("Revision", static server => server.Confirmed.ToString(CultureInfo.InvariantCulture)),
        ("Behind", server => (group.Revision - Math.Min(group.Revision, server.Confirmed)).ToString(CultureInfo.InvariantCulture)),
        ("Last Sync", static server => server.SinceSync is { } time ? $"{Seconds(time)} ago" : "never"),
        ("Permission", static server => server.Permission is not { } time ? "unknown" : time > TimeSpan.Zero ? Seconds(time) : "none"),
        ("Files", server => server.FilesHash.Length == 0 ? "unknown"
            : server.FilesHash[..Math.Min(Digits, server.FilesHash.Length)].ToLowerInvariant() + (group.Differing.Contains(server) ? " differ" : "")),
    ];

    /// <summary>A duration in seconds: <c>0.4 s</c>.</summary>
    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
