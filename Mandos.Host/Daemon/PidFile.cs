using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Daemon;

/// <summary>The file with the process ID of a daemon. Nothing about it is fatal.</summary>
internal sealed partial class PidFile : IDisposable
{
    private const UnixFileMode ReadableByAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly byte[] _content =
        Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");

    private readonly ILogger _logger;

    private PidFile(string path, FileStream file, ILogger logger) => (_path, _file, _logger) = (path, file, logger);

    /// <summary>Where it is: <c>/run/mandos.pid</c>, or in /var/run where there is no /run.</summary>
    public static string DefaultPath => Directory.Exists("/run") ? "/run/mandos.pid" : "/var/run/mandos.pid";

    /// <summary>Opens it, before privileges are dropped. Its content stays until <see cref="Write"/>, because the start may still fail.</summary>
    /// <param name="path">The file.</param>
    /// <param name="logger">Is told of failures.</param>
    /// <returns>Null if it cannot be opened, which has been logged.</returns>
    public static PidFile? Open(string path, ILogger logger)
    {
        try
        {
            var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete, // no lock
                UnixCreateMode = ReadableByAll,
                BufferSize = 0,
            });
            return new PidFile(path, file, logger);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(logger, path, e.Message);
            return null;
        }
    }

    /// <summary>Writes this process's ID into it.</summary>
    public void Write()
    {
        try
        {
            _file.SetLength(0);
            RandomAccess.Write(_file.SafeFileHandle, _content, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(_logger, _path, e.Message);
        }
    }

    /// <summary>Removes it, or empties it where the server's user may not remove it; unless another server has taken it.</summary>
    public void Dispose()
    {
        try
        {
            var content = new byte[_content.Length + 1];
            int length = RandomAccess.Read(_file.SafeFileHandle, content, 0);
            if (length == 0 || content.AsSpan(0, length).SequenceEqual(_content))
            {
                _file.SetLength(0);
                File.Delete(_path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is empty, at least.
        }
        finally
        {
            _file.Dispose();
        }
    }
}
