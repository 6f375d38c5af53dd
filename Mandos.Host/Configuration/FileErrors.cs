namespace Mandos.Host.Configuration;

/// <summary>Says why a file cannot be read, in the words of the system rather than .NET's.</summary>
internal static class FileErrors
{
    /// <summary>Describes a failure.</summary>
    /// <param name="error">An <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</param>
    /// <param name="path">The file.</param>
    public static string Describe(Exception error, string path) => error switch
    {
        _ when Directory.Exists(path) => "it is a directory",
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException => "permission denied",
        _ => error.Message,
    };
}
