namespace Mandos.WebControl.Access;

/// <summary>A file that a setting names. What is said of it names the setting, since the server keeps the values of settings out of its log.</summary>
/// <param name="Setting">Name of the setting.</param>
/// <param name="Path">Absolute path of the file.</param>
internal sealed record SettingFile(string Setting, string Path)
{
    /// <summary>When it was written last, and how long it is; if it is not there, neither.</summary>
    public (DateTime Written, long Length) Version => new FileInfo(Path) is { Exists: true } file ? (file.LastWriteTimeUtc, file.Length) : default;

    /// <summary>Does something with the file.</summary>
    /// <exception cref="IOException">It cannot be done; one line names the setting and says why.</exception>
    public T Use<T>(Func<string, T> use)
    {
        try
        {
            return use(Path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Wrong("there is no such file");
        }
        catch (UnauthorizedAccessException)
        {
            throw Wrong($"user {Environment.UserName}, as whom the server runs, may not read the file");
        }
        catch (IOException e)
        {
            throw Wrong(e.Message.ReplaceLineEndings(" "));
        }
    }

    /// <summary>Something is wrong with the file.</summary>
    public IOException Wrong(string what) => new($"setting {Setting}: {what}");
}
