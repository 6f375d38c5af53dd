namespace Mandos.Host.Configuration;

/// <summary>Opens files for reading, and says why one cannot be read in the words of the system rather than .NET's.</summary>
internal static class InputFile
{
    /// <summary>Opens a file without a buffer, which would keep a copy of its content.</summary>
    /// <param name="path">The file.</param>
    public static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

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
