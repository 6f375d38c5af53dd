namespace Mandos.DBus.Tests.Support;

internal static class Effective
{
    /// <summary>The effective user's number, as the kernel tells it.</summary>
    public static string UserId()
        => File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2];
}
