using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using Mandos.Host.Configuration;

namespace Mandos.Host.Plugins.Steering;

/// <summary>Reads <c>plugins.yaml</c>, described in mandos-plugins.yaml(5).</summary>
internal static class PluginFileReader
{
    /// <summary>Its name in the configuration directory.</summary>
    public const string FileName = "plugins.yaml";

    /// <summary>Reads the file, and gathers all problems. Where there is none, nothing is said.</summary>
    /// <param name="configDirectory">The configuration directory.</param>
    public static PluginFileResult Read(string configDirectory)
    {
        var path = Path.Combine(configDirectory, FileName);
        var nothing = PluginOptions.Default with { File = path };
        using var content = new ScratchBuffer();
        try
        {
            using var file = InputFile.Open(path);
            if (!content.AppendAll(file, FileLimits.PluginsBytes))
            {
                return Problem($"is larger than {FileLimits.PluginsBytes >> 10} KiB, the most allowed");
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new(nothing, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var result = Problem($"cannot be read: {InputFile.Describe(e, path)}");
            return result with { IsUnread = true, IsForbidden = e is UnauthorizedAccessException && !Directory.Exists(path) };
        }

        if (FindInvalidUtf8(content.Written) is { } line)
        {
            return Problem("is not valid UTF-8; write the file in UTF-8", line);
        }

        return Parse(content.Written, nothing);

        PluginFileResult Problem(string message, int line = 0) => new(nothing, [new(path, line, message)]);
    }

    // Apart from the above, so that the YAML library is not loaded, which takes time, where there is no file.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static PluginFileResult Parse(ReadOnlySpan<byte> utf8, PluginOptions nothing)
    {
        const char ByteOrderMark = '\uFEFF';
        return new PluginFileParser(nothing, Encoding.UTF8.GetString(utf8).TrimStart(ByteOrderMark)).Parse();
    }

    /// <returns>The first line that is not valid; null if all are.</returns>
    private static int? FindInvalidUtf8(ReadOnlySpan<byte> text)
    {
        for (var line = 1; !text.IsEmpty; line++)
        {
            if (!Utf8.IsValid(Utf8Text.TakeLine(ref text)))
            {
                return line;
            }
        }

        return null;
    }
}
