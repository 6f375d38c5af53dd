using Mandos.Abstractions.Clients;
using Mandos.Engine.Invitations;
using Mandos.Host.Configuration;

namespace Mandos.Fuzz.Targets;

/// <summary>
/// What an invited machine sends: what is taken for its section is, for the reader of the files too, one section of that name with nothing but its host, keys and secret.
/// </summary>
internal static class InvitedTarget
{
    private const string Name = "new";
    private const string FirstLine = "enrol 1 0123456789abcdef0123456789abcdef\n";

    private const string Good = "[new]\nhost = new.example.org\nkey_id = 7788722511BD8BCE8E0E0F2E5E2A0D1B6B8C6B5D0B0F4C7B1C1F4B5E0D8A9C21\n"
        + "fingerprint = 3E393AEAEFB84C7E89E2F547B3A107558FCA3A27\nsecret =\n    hQIMA2O2Mqi1kmoVAQ\n    aGFsbG8=\n";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        byte[] sent = data.ToArray();
        InvitedMessage message = InvitedMessage.Read(sent);
        Expect.That(message.Section is null || message.Token is not null, "a section without a token");
        if (message.Fault is { } wrong)
        {
            Expect.IsFitForTheLog(wrong);
        }

        ReadOnlySpan<byte> section = message.Section is { } inside ? inside.Span : data;
        if (InvitedSection.FindFault(section, Name) is { } fault)
        {
            Expect.IsFitForTheLog(fault);
            return;
        }

        SectionsResult read = SectionsReader.Read("/nonexistent", section);
        foreach ((ClientCandidate client, _) in read.Clients)
        {
            ClientSettings settings = client.Definition.Settings;
            var plain = new ClientSettings { KeyId = settings.KeyId, Fingerprint = settings.Fingerprint, Host = settings.Host };
            Expect.That(client.Definition.Name == Name && client.Definition.Enabled, "another client");
            Expect.That(ClientSetting.All.All(setting => setting.IsSame(settings, plain)), "another setting");
            Expect.That(settings.CheckerPlugin == plain.CheckerPlugin && settings.Options.Count == 0 && settings.ApproveAll == plain.ApproveAll, "another option");
            client.Definition.Secret.Dispose();
        }

        Expect.That(read.Clients.Count <= 1, "more than one client");
    }

    public static IReadOnlyList<byte[]> Seeds() =>
    [
        [.. "[new]\nkey_id=00\nsecret=aGFsbG8=\n"u8], System.Text.Encoding.ASCII.GetBytes(Good), System.Text.Encoding.ASCII.GetBytes(FirstLine + Good + "end\n"),
        System.Text.Encoding.ASCII.GetBytes(Good.ReplaceLineEndings("\r\n")),
    ];

    public static IReadOnlyList<byte[]> Words { get; } =
    [
        [(byte)'\n'], [.. "\n[DEFAULT]\n"u8], [.. "\nchecker = a\n"u8], [.. "\nsecfile=/a\n"u8], [.. "%(host)s"u8], [.. "\n  "u8], [.. "\r"u8], [.. "\nend\n"u8], [.. "[new]\n"u8],
    ];
}
