using System.Text;

namespace Mandos.Ctl.Files;

/// <summary>Changes the file that a client has alone: gives it a next key, or leaves it the promoted one.</summary>
internal static class RotationFile
{
    private static readonly string[] _next = ["next_key_id", "next_secret", "next_secfile"];

    /// <summary>The file with a next key and its secret, in place of those that it had.</summary>
    /// <param name="file">The file.</param>
    /// <param name="given">What has the key and the secret, as those of a client.</param>
    /// <param name="section">The section in it.</param>
    public static byte[] WithNext(ConfigLines file, ConfigLines given, int section)
    {
        using MemoryStream output = new();
        file.Write(output, static (_, line) => _next.Contains(line.Option));
        given.WriteOption(output, section, "key_id", "next_key_id");
        given.WriteOption(output, section, "secret", "next_secret");
        return output.ToArray();
    }

    /// <summary>The file with the next key and its secret for the present ones, once they are promoted; a fingerprint belongs to the retired key.</summary>
    /// <param name="file">The file.</param>
    /// <param name="retired">The retired key.</param>
    /// <param name="promoted">The promoted key.</param>
    /// <returns>Null if the file does not have both.</returns>
    public static byte[]? Tidied(ConfigLines file, string retired, string promoted)
    {
        bool isRetired = IsKey(file.ValueOf(0, "key_id"), retired) || (!file.Has(0, "key_id") && IsKey(file.ValueOf(0, "fingerprint"), retired));
        string? secret = file.Has(0, "next_secret") ? "next_secret" : file.Has(0, "next_secfile") ? "next_secfile" : null;
        if (!isRetired || secret is null || !IsKey(file.ValueOf(0, "next_key_id"), promoted))
        {
            return null;
        }

        using MemoryStream output = new();
        file.Write(output, (stream, line) =>
        {
            if (line.Option == "next_key_id" || line.Option == secret)
            {
                file.WriteRenamed(stream, line, line.Option["next_".Length..]);
                return true;
            }

            return line.Option is "key_id" or "fingerprint" or "secret" or "secfile" || _next.Contains(line.Option);
        });
        return output.ToArray();
    }

    /// <summary>Whether an option has a key, however it is written.</summary>
    private static bool IsKey(string? value, string key)
    {
        string digits = new([.. (value ?? "").Where(char.IsAsciiHexDigit)]);
        return digits.EndsWith(key, StringComparison.OrdinalIgnoreCase) && digits.Length <= key.Length + "0a256".Length;
    }

    /// <summary>The sections as the server is to judge them: each as a client of its own that has the key and the secret alone, on the same lines.</summary>
    /// <param name="given">The sections.</param>
    /// <param name="keyOf">The key to be judged in place of that of a section, which is the next one already; null for its own.</param>
    public static byte[] ToExamine(ConfigLines given, Func<int, string?> keyOf)
    {
        using MemoryStream output = new();
        given.Write(output, (stream, line) =>
        {
            if (line.Section < 0)
            {
                return false;
            }

            if (line == given[given.LineOf(line.Section) - 1])
            {
                stream.Write(Encoding.UTF8.GetBytes($"[{ExaminedName(given.NameOf(line.Section))}]\n"));
            }
            else if (line.Option == "key_id" && keyOf(line.Section) is { } key)
            {
                stream.Write(Encoding.UTF8.GetBytes($"key_id = {key}\n"));
            }
            else if (line.Option is "key_id" or "secret" or "secfile")
            {
                return false;
            }
            else
            {
                stream.WriteByte((byte)'\n');
            }

            return true;
        });
        return output.ToArray();
    }

    /// <summary>The name by which the server judges the section of a client. It has none of that name.</summary>
    public static string ExaminedName(string client)
        => client.Trim().Equals("DEFAULT", StringComparison.OrdinalIgnoreCase) ? client : $"{client} (next key)";
}
