using System.Text;

namespace Mandos.Host.Configuration;

/// <summary>Expands <c>~</c>, <c>~user</c>, <c>$VAR</c> and <c>${VAR}</c> in a path; unknown names stay as they are.</summary>
internal static class PathExpansion
{
    private const string PasswordFile = "/etc/passwd";

    /// <summary>The home of the user who starts the server: it stays so when the server becomes another user.</summary>
    private static readonly string? _ownHome = Environment.GetEnvironmentVariable("HOME") ?? HomeOf(Environment.UserName);

    /// <summary>Expands a path.</summary>
    /// <param name="path">As the file gives it.</param>
    public static string Expand(string path) => ExpandVariables(ExpandHome(path));

    private static string ExpandHome(string path)
    {
        if (!path.StartsWith('~'))
        {
            return path;
        }

        int slash = path.IndexOf('/', StringComparison.Ordinal);
        string user = slash < 0 ? path[1..] : path[1..slash];
        string? home = user.Length > 0 ? HomeOf(user) : _ownHome;
        return home is null ? path : home.TrimEnd('/') + (slash < 0 ? "" : path[slash..]);
    }

    /// <summary>passwd(5): the sixth field of the line that starts with the name.</summary>
    private static string? HomeOf(string user)
    {
        IEnumerable<string> lines = File.Exists(PasswordFile) ? File.ReadLines(PasswordFile) : [];
        string? line = lines.FirstOrDefault(line => line.StartsWith(user + ":", StringComparison.Ordinal));
        return line?.Split(':') is { Length: > 5 } fields ? fields[5] : null;
    }

    private static string ExpandVariables(string path)
    {
        StringBuilder result = new();
        while (path.IndexOf('$', StringComparison.Ordinal) is int dollar and >= 0)
        {
            result.Append(path, 0, dollar);
            path = path[dollar..];
            bool isBraced = path.StartsWith("${", StringComparison.Ordinal);
            int start = isBraced ? 2 : 1;
            int end = start;
            while (end < path.Length && (isBraced ? path[end] != '}' : char.IsAsciiLetterOrDigit(path[end]) || path[end] == '_'))
            {
                end++;
            }

            bool isComplete = end > start && (!isBraced || end < path.Length);
            string? value = isComplete ? Environment.GetEnvironmentVariable(path[start..end]) : null;
            int length = value is null ? 1 : isBraced ? end + 1 : end;
            result.Append(value ?? "$");
            path = path[length..];
        }

        return result.Append(path).ToString();
    }
}
