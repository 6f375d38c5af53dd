namespace Mandos.ApprovalsJson;

/// <summary>
/// A file to whose end lines are written. When it gets large it is renamed, and a new one begun: there are never more than two.
/// </summary>
internal sealed class LineFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly long _maxLength;
    private FileStream _stream;

    private LineFile(string path, long maxLength)
    {
        _path = path;
        _maxLength = maxLength;
        _stream = Open(path);
    }

    /// <summary>Opens the file, or creates it, readable for its owner alone.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="maxLength">Bytes from which on it is renamed.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static async Task<LineFile> OpenAsync(string path, long maxLength)
    {
        var file = new LineFile(path, maxLength);
        try
        {
            await file.EndBrokenLineAsync().ConfigureAwait(false);
            return file;
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Writes a line. When the task ends, the system has it.</summary>
    /// <param name="line">The line with its end.</param>
    /// <param name="cancellationToken">Gives up; part of the line may be written.</param>
    /// <exception cref="IOException">It could not be written.</exception>
    public async ValueTask WriteAsync(byte[] line, CancellationToken cancellationToken)
    {
        if (_stream.Length >= _maxLength)
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
            File.Move(_path, _path + ".1", overwrite: true);
            _stream = Open(_path);
        }

        await _stream.WriteAsync(line, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static FileStream Open(string path)
    {
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read | FileShare.Delete,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 0,
        });
        stream.Seek(0, SeekOrigin.End);
        return stream;
    }

    // A full disk, or the end of the server, may have left part of a line.
    private async Task EndBrokenLineAsync()
    {
        if (_stream.Length > 0)
        {
            _stream.Seek(-1, SeekOrigin.End);
            if (_stream.ReadByte() != '\n')
            {
                await _stream.WriteAsync("\n"u8.ToArray(), CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
