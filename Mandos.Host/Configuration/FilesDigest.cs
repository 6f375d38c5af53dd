using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Mandos.Host.Configuration;

/// <summary>Sums up what the files of the clients hold while they are read, so that it shows at the next reload whether any holds something else.</summary>
internal sealed class FilesDigest : IDisposable
{
    /// <summary>The most files with secrets that are looked at again; with more, a reload reads all clients.</summary>
    private const int MostSecretFiles = 1000;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<string> _secretFiles = [];

    /// <summary>Takes up a file that has clients.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All that it holds.</param>
    public void Add(string path, ReadOnlySpan<byte> content)
    {
        Begin(path);
        _hash.AppendData(content);
        End(content.Length);
    }

    /// <summary>Takes up a file that has a secret, after all that have clients.</summary>
    /// <inheritdoc cref="Add"/>
    public void AddSecret(string path, ReadOnlySpan<byte> content)
    {
        if (_secretFiles.Count <= MostSecretFiles)
        {
            _secretFiles.Add(path);
            Add(path, content);
        }
    }

    /// <summary>The sum of all files; null if they are too many.</summary>
    public FilesMark? Mark() => _secretFiles.Count > MostSecretFiles ? null : new FilesMark(_hash.GetHashAndReset(), _secretFiles);

    /// <summary>Takes up files as they are now.</summary>
    /// <param name="files">Those that have clients, in their order.</param>
    /// <param name="secretFiles">Those that have a secret each.</param>
    /// <exception cref="IOException">One cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The server may not read one.</exception>
    public void AddAll(IEnumerable<string> files, IEnumerable<string> secretFiles)
    {
        const int AtATime = 1 << 18;
        using var buffer = new ScratchBuffer();
        Span<byte> room = buffer.Room(AtATime)[..AtATime];
        foreach (string path in files.Concat(secretFiles))
        {
            using FileStream file = InputFile.Open(path);
            Begin(path);
            long length = 0;
            for (int read; (read = file.Read(room)) > 0; length += read)
            {
                _hash.AppendData(room[..read]);
            }

            End(length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void Begin(string path) => _hash.AppendData(Encoding.UTF8.GetBytes(path + '\0'));

    private void End(long length)
    {
        Span<byte> size = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(size, length);
        _hash.AppendData(size);
    }
}
