using System.Runtime.InteropServices;
using Mandos.TestKit;

namespace CheckerFping.Tests;

/// <summary>
/// A named pipe by which a check tells the test what happens. It ends only when every process that has it open is gone.
/// </summary>
internal sealed partial class Fifo : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private StreamReader? _reader;

    public Fifo()
    {
        Path = _directory.PathOf("fifo");
        Assert.Equal(0, mkfifo(Path, 0x1B6));
    }

    public string Path { get; }

    public async Task<string?> ReadLineAsync() => await (await ReaderAsync()).ReadLineAsync(Checks.TestEnds);

    public async Task<string> ReadToEndAsync() => await (await ReaderAsync()).ReadToEndAsync(Checks.TestEnds);

    public void Dispose()
    {
        _reader?.Dispose();
        _directory.Dispose();
    }

    // Opening waits for a writer.
    private async Task<StreamReader> ReaderAsync()
        => _reader ??= await Task.Run(() => new StreamReader(Path), Checks.TestEnds);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);
}
