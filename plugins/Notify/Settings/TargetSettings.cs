namespace Mandos.Notify.Settings;

/// <summary>A target, and how to reach it.</summary>
internal abstract record TargetSettings
{
    /// <summary>What every target has.</summary>
    public required TargetScope Scope { get; init; }
}

/// <summary>A web server that is told by Standard Webhooks.</summary>
internal sealed record WebhookSettings : TargetSettings
{
    /// <summary>Where it is.</summary>
    public required Uri Url { get; init; }

    /// <summary>The key of the signature: <c>whsec_</c> and base64.</summary>
    public required SecretSource Secret { get; init; }
}

/// <summary>A topic of ntfy.</summary>
internal sealed record NtfySettings : TargetSettings
{
    /// <summary>The server.</summary>
    public required Uri Url { get; init; }

    /// <summary>The topic: as good as a password, where topics are not protected.</summary>
    public required string Topic { get; init; }

    /// <summary>An access token.</summary>
    public SecretSource? Token { get; init; }
}

/// <summary>A room of Matrix.</summary>
internal sealed record MatrixSettings : TargetSettings
{
    /// <summary>The home server.</summary>
    public required Uri Url { get; init; }

    /// <summary>The ID of the room, such as <c>!abc:example.org</c>.</summary>
    public required string Room { get; init; }

    /// <summary>An access token.</summary>
    public required SecretSource Token { get; init; }
}

/// <summary>A chat of Telegram.</summary>
internal sealed record TelegramSettings : TargetSettings
{
    /// <summary>The server of the Bot API.</summary>
    public required Uri Url { get; init; }

    /// <summary>The number of the chat, or <c>@name</c> of a channel.</summary>
    public required string Chat { get; init; }

    /// <summary>The token of the bot.</summary>
    public required SecretSource Token { get; init; }
}

/// <summary>A server of Gotify.</summary>
internal sealed record GotifySettings : TargetSettings
{
    /// <summary>Where it is.</summary>
    public required Uri Url { get; init; }

    /// <summary>The token of an application.</summary>
    public required SecretSource Token { get; init; }
}

/// <summary>Mail.</summary>
internal sealed record MailSettings : TargetSettings
{
    /// <summary>The server that takes it.</summary>
    public required string Host { get; init; }

    /// <summary>Its port.</summary>
    public required int Port { get; init; }

    /// <summary>How the connection is protected.</summary>
    public required MailSecurity Security { get; init; }

    /// <summary>Who logs in; null for nobody.</summary>
    public string? User { get; init; }

    /// <summary>With which password.</summary>
    public SecretSource? Password { get; init; }

    /// <summary>The sender's address.</summary>
    public required string From { get; init; }

    /// <summary>The receivers' addresses.</summary>
    public required IReadOnlyList<string> To { get; init; }
}

/// <summary>A program.</summary>
internal sealed record ExecSettings : TargetSettings
{
    /// <summary>Its path, and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }
}
