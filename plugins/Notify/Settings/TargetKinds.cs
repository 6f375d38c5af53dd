using System.Net;

namespace Mandos.Notify.Settings;

/// <summary>What each kind of target needs.</summary>
internal static class TargetKinds
{
    private const int SubmissionPort = 587;
    private const int SubmissionsPort = 465;
    private const int RelayPort = 25;

    public static TargetSettings Webhook(TargetReader reader) => new WebhookSettings
    {
        Scope = reader.Scope(),
        Url = reader.Url(SettingNames.Url, "such as https://example.org/hooks/mandos"),
        Secret = reader.Secret(SettingNames.Secret),
    };

    public static TargetSettings Ntfy(TargetReader reader)
    {
        const string example = "such as https://ntfy.example.org/topic";
        Uri url = reader.Url(SettingNames.Url, example);
        string path = url.AbsolutePath;
        int slash = path.LastIndexOf('/');
        if (slash == path.Length - 1 && url.Host != "invalid.")
        {
            reader.Report(SettingNames.Url, $"does not end in the name of a topic; write {example}");
        }

        return new NtfySettings
        {
            Scope = reader.Scope(),
            Url = new Uri(url, path[..(slash + 1)]),
            Topic = Uri.UnescapeDataString(path[(slash + 1)..]),
            Token = reader.OptionalSecret(SettingNames.Token),
        };
    }

    public static TargetSettings Matrix(TargetReader reader)
    {
        string room = reader.Text(SettingNames.Room, "the ID of the room, such as !abc:example.org");
        if (room.Length > 0 && room[0] != '!')
        {
            reader.Report(SettingNames.Room, "is not the ID of a room, which begins with an exclamation mark; an alias is none");
        }

        return new MatrixSettings
        {
            Scope = reader.Scope(),
            Url = reader.Url(SettingNames.Url, "the address of the home server, such as https://matrix.example.org"),
            Room = room,
            Token = reader.Secret(SettingNames.Token),
        };
    }

    public static TargetSettings Telegram(TargetReader reader) => new TelegramSettings
    {
        Scope = reader.Scope(),
        Url = reader.Url(SettingNames.Url, "the address of the Bot API", otherwise: "https://api.telegram.org"),
        Chat = reader.Text(SettingNames.Chat, "the number of the chat, or @name of a channel"),
        Token = reader.Secret(SettingNames.Token),
    };

    public static TargetSettings Gotify(TargetReader reader) => new GotifySettings
    {
        Scope = reader.Scope(),
        Url = reader.Url(SettingNames.Url, "the address of the server, such as https://gotify.example.org"),
        Token = reader.Secret(SettingNames.Token),
    };

    public static TargetSettings Mail(TargetReader reader)
    {
        string host = reader.Text(SettingNames.Host, "the name of a mail server");
        MailSecurity security = Security(reader);
        string? user = reader.OptionalText(SettingNames.User);
        SecretSource? password = reader.OptionalSecret(SettingNames.Password);
        if (security == MailSecurity.None && !IsHere(host))
        {
            reader.Report(SettingNames.Security, "is none, which hides nothing; only localhost may be asked that way");
        }

        if (security == MailSecurity.None && user is not null)
        {
            reader.Report(SettingNames.User, "is there, though security is none; a password needs starttls or tls");
        }

        if ((user is null) != (password is null))
        {
            reader.Report(user is null ? SettingNames.User : SettingNames.Password + SettingNames.File, "is missing: a user has a password");
        }

        IReadOnlyList<string> to = reader.List(SettingNames.To);
        if (to.Count == 0)
        {
            reader.Report(SettingNames.To, "is missing; write one address or a list of them");
        }

        foreach (string address in to)
        {
            RequireAddress(SettingNames.To, address);
        }

        string from = reader.Text(SettingNames.From, "the sender's address");
        RequireAddress(SettingNames.From, from);
        return new MailSettings
        {
            Scope = reader.Scope(),
            Host = host,
            Port = reader.Port(
                SettingNames.Port,
                security switch { MailSecurity.StartTls => SubmissionPort, MailSecurity.Tls => SubmissionsPort, _ => RelayPort }),
            Security = security,
            User = user,
            Password = password,
            From = from,
            To = to,
        };

        void RequireAddress(string option, string address)
        {
            if (address.Length > 0 && (address.Count(static c => c == '@') != 1 || address[0] == '@' || address[^1] == '@' || address.Any(char.IsWhiteSpace)))
            {
                reader.Report(option, "is not an address, such as admin@example.org");
            }
        }
    }

    public static TargetSettings Exec(TargetReader reader)
    {
        IReadOnlyList<string> command = reader.List(SettingNames.Command);
        if (command.Count == 0)
        {
            reader.Report(SettingNames.Command, "is missing; write a list of the program's absolute path and its arguments");
        }
        else if (!Path.IsPathFullyQualified(command[0]))
        {
            reader.Report(SettingNames.Command, "does not begin with an absolute path; there is no shell");
        }

        return new ExecSettings
        {
            Scope = reader.Scope(),
            Command = command,
        };
    }

    private static MailSecurity Security(TargetReader reader)
    {
        switch (reader.OptionalText(SettingNames.Security))
        {
            case null or "starttls":
                return MailSecurity.StartTls;
            case "tls":
                return MailSecurity.Tls;
            case "none":
                return MailSecurity.None;
            default:
                reader.Report(SettingNames.Security, "is none of starttls, tls and none");
                return MailSecurity.StartTls;
        }
    }

    private static bool IsHere(string host)
        => host is "localhost" || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
}
