using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

/// <summary>Reads the secrets of clients, and warns of those that no client can use.</summary>
/// <param name="document">The document with the options.</param>
internal sealed class SecretReader(ConfigDocument document) : IDisposable
{
    private readonly ScratchBuffer _buffer = new();
    private readonly List<string> _unread = [];

    /// <summary>Files that could not be read, but may be readable later.</summary>
    public IReadOnlyList<string> Unread => _unread;

    /// <summary>Reads a secret that stands in the file as base64.</summary>
    /// <param name="section">The client's section.</param>
    /// <param name="option">The option with the secret.</param>
    /// <returns>Null if it is bad, which has been reported.</returns>
    public Secret? ReadText(ConfigSection section, in ConfigOption option)
    {
        if (!document.TryRead(section, option, out ReadOnlySpan<byte> base64))
        {
            return null;
        }

        _buffer.Clear();
        Span<byte> room = _buffer.Room(PythonBase64.MaxLength(base64.Length));
        if (!PythonBase64.TryDecode(base64, room, out int length, out bool isSloppy))
        {
            document.Report(section, option, "is not valid base64; paste what mandos-keygen --password printed, every line indented");
            return null;
        }

        if (isSloppy)
        {
            document.Warn(option, "has more than base64 in it, which is ignored, as by Debian's server; "
                + "paste what mandos-keygen --password printed, every line indented");
        }

        return Judge(option, room[..length]);
    }

    /// <summary>Reads a secret that is a file of its own.</summary>
    /// <param name="section">The client's section.</param>
    /// <param name="option">The option with the file's name.</param>
    /// <returns>Null if it is bad, which has been reported.</returns>
    public Secret? ReadFile(ConfigSection section, in ConfigOption option)
    {
        if (!document.TryRead(section, option, out ReadOnlySpan<byte> name))
        {
            return null;
        }

        string path = Encoding.UTF8.GetString(name);
        string fault;
        _buffer.Clear();
        try
        {
            path = PathExpansion.Expand(path);
            using FileStream file = InputFile.Open(path);
            if (_buffer.AppendAll(file, ClientLimits.SecretBytes))
            {
                document.Digest?.AddSecret(path, _buffer.Written);
                return Judge(option, _buffer.Written);
            }

            fault = $"is larger than {ClientLimits.SecretBytes >> 10} KiB, which is the most allowed";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _unread.Add(path);
            fault = $"cannot be read: {InputFile.Describe(e, path)}";
        }
        catch (ArgumentException)
        {
            fault = "is no file name";
        }

        // As with other values, the text as it is written
        document.Report(section, option, $"{OptionValues.Quote(Encoding.UTF8.GetString(document.ReadRaw(option)))} {fault}");
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    /// <summary>Warns if no client can use a secret. It is served nevertheless.</summary>
    private Secret Judge(in ConfigOption option, ReadOnlySpan<byte> secret)
    {
        if (OpenPgpMessage.FindFault(secret) is { } fault)
        {
            document.Warn(option, $"{fault}, so that no client can use it; take the secret from the client's mandos-keygen --password");
        }

        return new Secret(secret);
    }
}
