namespace Mandos.Notify.Settings;

/// <summary>Where a token or a password is: in a file, or in a credential of systemd. It is read for each message, so that it can be exchanged.</summary>
/// <param name="Path">The file; null for a credential.</param>
/// <param name="Credential">The name of the credential; null for a file.</param>
internal sealed record SecretSource(string? Path, string? Credential)
{
    /// <summary>The directory that systemd gives a service for its credentials (systemd.exec(5)).</summary>
    private const string CredentialsVariable = "CREDENTIALS_DIRECTORY";

    private const int MostBytes = 16 << 10;

    /// <summary>What to call it in messages.</summary>
    public string Name => Path ?? $"the credential {Credential}";

    /// <summary>Reads it, without line feeds at its end.</summary>
    /// <exception cref="SecretException">It cannot be read, or is none.</exception>
    public string Read()
    {
        string directory = Environment.GetEnvironmentVariable(CredentialsVariable) ?? "";
        if (Path is null && directory.Length == 0)
        {
            throw new SecretException($"{Name} is not there: the service has none (LoadCredential= in its unit)");
        }

        string text;
        try
        {
            using FileStream file = File.OpenRead(Path ?? System.IO.Path.Join(directory, Credential));
            byte[] bytes = new byte[MostBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            text = length > MostBytes
                ? throw new SecretException($"{Name} is longer than {MostBytes >> 10} KiB")
                : System.Text.Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\n', '\r');
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SecretException($"{Name} is not there");
        }
        catch (UnauthorizedAccessException)
        {
            throw new SecretException($"{Name} cannot be read by the server's user");
        }
        catch (IOException)
        {
            throw new SecretException($"{Name} cannot be read");
        }

        // What is not printable would be no header, and tells of a wrong file.
        return text.Length == 0 ? throw new SecretException($"{Name} is empty")
            : text.All(static c => c is > ' ' and <= '~') ? text
            : throw new SecretException($"{Name} has more than one word of ASCII characters in it");
    }
}
