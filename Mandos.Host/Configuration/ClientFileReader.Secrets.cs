using System.Buffers.Text;
using System.Text;
using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

// Secrets
internal sealed partial class ClientFileReader
{
    private Secret? ReadSecret(ConfigSection section)
    {
        _secret.Clear();
        if (_set[(int)Known.Secret] is ConfigOption secret)
        {
            if (!_document.TryRead(section, secret, out ReadOnlySpan<byte> base64))
            {
                return null;
            }

            Span<byte> room = _secret.Room(Base64.GetMaxDecodedFromUtf8Length(base64.Length));
            if (PythonBase64.TryDecode(base64, room, out int length, out bool isSloppy))
            {
                if (isSloppy)
                {
                    Warn(secret, "has more than base64 in it, which is passed over as Debian's server does; "
                        + "paste what mandos-keygen --password printed, every line indented");
                }

                return Judge(secret, room[..length]);
            }

            Report(section, secret, "is not valid base64; paste what mandos-keygen --password printed, every line indented");
            return null;
        }

        if (_set[(int)Known.SecFile] is ConfigOption file)
        {
            bool isRead = _document.TryRead(section, file, out ReadOnlySpan<byte> path);
            return isRead ? ReadSecretFile(section, file, Encoding.UTF8.GetString(path)) : null;
        }

        Report(section, "has neither secret nor secfile; it needs one");
        return null;
    }

    private Secret? ReadSecretFile(ConfigSection section, in ConfigOption option, string name)
    {
        string path = name;
        string? fault = null;
        try
        {
            path = PathExpansion.Expand(name);
            using FileStream file = InputFile.Open(path);
            if (_secret.AppendAll(file, Secret.MaxLength))
            {
                return Judge(option, _secret.Written);
            }

            fault = $"is larger than {Secret.MaxLength >> 10} KiB, which is the most allowed";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _unreadSecrets.Add(path);
            fault = $"cannot be read: {InputFile.Describe(e, path)}";
        }
        catch (ArgumentException)
        {
            fault = "is no file name";
        }

        // As with other values, the text as it is written
        Report(section, option, $"{OptionValues.Quote(Encoding.UTF8.GetString(_document.ReadRaw(option)))} {fault}");
        return null;
    }

    /// <summary>Warns if no client can use a secret, which is served all the same.</summary>
    private Secret Judge(in ConfigOption option, ReadOnlySpan<byte> secret)
    {
        if (OpenPgpMessage.FindFault(secret) is { } fault)
        {
            Warn(option, $"{fault}, so that no client can use it; take the secret from the client's mandos-keygen --password");
        }

        return new Secret(secret);
    }
}
