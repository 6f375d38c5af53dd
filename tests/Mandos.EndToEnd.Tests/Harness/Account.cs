namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>The user that a server started by root becomes.</summary>
internal static class Account
{
    private static readonly string[] Candidates = ["_mandos", "mandos", "nobody"];

    /// <summary>Gives files to the server's user, as a package's installation does; not if the tests do not run as root.</summary>
    /// <param name="user">The user's ID; null for the one that the server becomes on this machine.</param>
    /// <param name="paths">The files, or directories with all that is in them.</param>
    public static async Task GiveAsync(int? user, params string[] paths)
    {
        if (Environment.IsPrivilegedProcess)
        {
            await Command.RequireAsync("chown", ["-R", user is null ? $"{await NameAsync()}:" : $"{user}:{user}", .. paths]);
        }
    }

    private static async Task<string> NameAsync()
    {
        var users = (await File.ReadAllLinesAsync("/etc/passwd", TestContext.Current.CancellationToken))
            .Select(line => line.Split(':')[0]).ToHashSet();
        return Candidates.First(users.Contains);
    }
}
