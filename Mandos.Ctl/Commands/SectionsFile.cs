using System.Security.Cryptography;
using Mandos.Abstractions.Clients;

namespace Mandos.Ctl.Commands;

/// <summary>Reads sections of <c>clients.conf</c> that a person adds.</summary>
internal static class SectionsFile
{
    /// <summary>Reads files one after another, standard input where one is called <c>-</c>, or that alone. The caller sets the bytes to zero in the end.</summary>
    /// <exception cref="UsageException">One cannot be read, or they are too large.</exception>
    public static byte[] Read(IReadOnlyList<string> files)
    {
        byte[] buffer = new byte[ClientLimits.SectionsBytes + 1];
        string name = "-";
        try
        {
            int length = 0;
            foreach (string file in files.Count > 0 ? files : ["-"])
            {
                name = file;
                using Stream stream = file == "-" ? OpenInput() : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
                length += stream.ReadAtLeast(buffer.AsSpan(length), buffer.Length - length, throwOnEndOfStream: false);
                if (length == buffer.Length)
                {
                    throw new UsageException($"there is more than {ClientLimits.SectionsBytes} bytes of it; add some clients at a time");
                }

                if (length > 0 && buffer[length - 1] != '\n')
                {
                    buffer[length++] = (byte)'\n';
                }
            }

            return buffer[..length];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"cannot read the clients from “{name.ReplaceLineEndings("…")}”: {e.Message.ReplaceLineEndings(" ")}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static Stream OpenInput()
    {
        if (!Console.IsInputRedirected)
        {
            Console.Error.WriteLine("mandos-ctl: paste what mandos-keygen --password printed on the client, and end with Ctrl-D on a line of its own");
        }

        return Console.OpenStandardInput();
    }
}
