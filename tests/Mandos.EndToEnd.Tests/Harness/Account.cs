namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>The user that a server started by root becomes.</summary>
internal static class Account
{
    private static readonly string[] _candidates = ["_mandos", "mandos", "nobody"];

    /// <summary>Gives files to the server's user, as a package's installation does; not if the tests do not run as root.</summary>
    /// <param name="owner">Number of another user and group; null for the server's.</param>
    /// <param name="paths">The files and folders.</param>
    public static async Task GiveAsync(int? owner, params string[] paths)
    {
        if (Environment.IsPrivilegedProcess)
        {
            await Command.RequireAsync("chown", ["-R", owner is null ? $"{await NameAsync()}:" : $"{owner}:{owner}", .. paths]);
        }
    }

    /// <summary>Its name.</summary>
    public static async Task<string> NameAsync()
    {
        var users = (await File.ReadAllLinesAsync("/etc/passwd", TestContext.Current.CancellationToken))
            .Select(line => line.Split(':')[0]).ToHashSet();
        return _candidates.First(users.Contains);
    }
}
