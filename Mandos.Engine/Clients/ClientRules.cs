using System.Text;
using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Clients;

/// <summary>The rules for a client, wherever it is defined.</summary>
public static class ClientRules
{
    private const string Defaults = "DEFAULT";

    /// <summary>Says what is wrong with a client's name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>Words that follow “the client”; null if nothing is wrong.</returns>
    public static string? FindNameFault(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length == 0 ? "has no name"
            : name.Contains('\0', StringComparison.Ordinal) ? "has a NUL character in its name, which is not allowed" // D-Bus cannot carry it
            : name.AsSpan().ContainsAny('\n', '\r') ? "has a line break in its name, which is not allowed"
            : name.Trim().Equals(Defaults, StringComparison.OrdinalIgnoreCase) ? $"cannot be called {name}, which clients.conf has for all clients"
            : null;
    }

    /// <summary>Takes a client that a command adds as a reader of files takes one of these.</summary>
    /// <param name="client">The client, which is copied as far as somebody could change it.</param>
    /// <param name="secret">Its secret, which is copied.</param>
    /// <returns>Its definition, with the keys in the form in which they are looked up.</returns>
    /// <exception cref="ArgumentException">It is none that can be; the text, in one line, says why.</exception>
    public static ClientDefinition Define(NewClient client, ReadOnlyMemory<byte> secret)
    {
        ArgumentNullException.ThrowIfNull(client);
        ThrowIfTooLong(client);
        if (FindNameFault(client.Name) is { } fault)
        {
            throw new ArgumentException("the client " + fault);
        }

        string? keyId = ReadKey("key ID", client.Settings.KeyId, 64);
        string? fingerprint = ReadKey("fingerprint", client.Settings.Fingerprint, 40);
        if (keyId is null && fingerprint is null)
        {
            throw new ArgumentException("the client has neither key ID nor fingerprint; it needs one");
        }

        ClientSetting.All.Aggregate(ClientChange.None, (all, setting) => all.With(setting, client.Settings)).Validate();
        var options = new Dictionary<string, string>(client.Settings.Options, StringComparer.Ordinal);
        if (options.Keys.FirstOrDefault(static name => name.Length == 0 || name.Any(char.IsUpper)) is { } odd)
        {
            throw new ArgumentException($"the option “{odd}” has {(odd.Length == 0 ? "no name" : "capital letters; write it in lower case")}");
        }

        if (Texts(client).FirstOrDefault(static text => !IsUnicode(text)) is not null)
        {
            throw new ArgumentException("a text of the client is not valid Unicode");
        }

        return new ClientDefinition
        {
            Name = client.Name,
            Origin = ClientOrigin.Command,
            Settings = client.Settings with
            {
                KeyId = keyId,
                Fingerprint = fingerprint,
                CheckerPlugin = client.Settings.CheckerPlugin is { Length: > 0 } checker ? checker : null,
                Options = options,
            },
            Enabled = client.Enabled,
            Secret = Secret.Copy(secret),
        };
    }

    private static void ThrowIfTooLong(NewClient client)
    {
        long length = Texts(client).Sum(static text => (long)text.Length);
        if (length > ClientLimits.AddedTextLength)
        {
            throw new ArgumentException($"the texts of the client have {length} characters, more than the {ClientLimits.AddedTextLength} allowed");
        }
    }

    private static IEnumerable<string> Texts(NewClient client)
    {
        ClientSettings settings = client.Settings;
        string?[] others = [client.Name, settings.KeyId, settings.Fingerprint, settings.CheckerPlugin];
        return
        [
            .. others.OfType<string>(),
            .. ClientSetting.All.OfType<ClientSetting<string>>().Select(setting => setting.Get(settings)),
            .. settings.Options.SelectMany(static option => (string[])[option.Key, option.Value]),
        ];
    }

    private static string? ReadKey(string what, string? text, int digits)
    {
        string? fault = ClientKey.Parse(Encoding.UTF8.GetBytes(text ?? ""), digits, out string? key, out _);
        return fault is null ? key : throw new ArgumentException($"the {what} {fault}");
    }

    private static bool IsUnicode(string text)
    {
        for (int i = 0; i < text.Length; i += char.IsHighSurrogate(text[i]) ? 2 : 1)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])))
            {
                return false;
            }
        }

        return true;
    }
}
