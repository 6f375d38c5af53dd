using Mandos.Abstractions.Clients;

namespace Mandos.WebControl.Pages;

/// <summary>What things are called for people.</summary>
internal static class Words
{
    /// <summary>A duration, to the second.</summary>
    public static string Of(TimeSpan duration) => duration.TotalSeconds < 60 ? $"{Math.Max(0, (int)duration.TotalSeconds)} s"
        : duration.TotalMinutes < 60 ? $"{(int)duration.TotalMinutes} min {duration.Seconds} s"
        : duration.TotalHours < 24 ? $"{(int)duration.TotalHours} h {duration.Minutes} min"
        : $"{(int)duration.TotalDays} d {duration.Hours} h";

    /// <summary>Whether a client may get its secret, and what it waits for.</summary>
    public static string StateOf(ClientSnapshot client) => !client.Enabled ? "disabled"
        : client.Requests.Count > 0 ? "waits for approval"
        : "enabled";

    /// <summary>How the last check went.</summary>
    public static string LastCheckOf(ClientSnapshot client) => client.LastCheckerStatus switch
    {
        ClientSnapshot.NotCheckedYet => "not checked yet",
        ClientSnapshot.NotExited => "broken off",
        0 => "alive",
        _ => "not alive",
    };
}
