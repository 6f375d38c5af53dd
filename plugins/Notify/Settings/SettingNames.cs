namespace Mandos.Notify.Settings;

/// <summary>
/// The settings in <c>plugins.yaml</c>: kind of target, name of the target, option. They arrive flat, with points between; a list has numbers.
/// </summary>
internal static class SettingNames
{
    public const string LinkUrl = "link_url";
    public const string ServerName = "server_name";

    public const string Webhook = "webhook";
    public const string Ntfy = "ntfy";
    public const string Matrix = "matrix";
    public const string Telegram = "telegram";
    public const string Gotify = "gotify";
    public const string Mail = "mail";
    public const string Exec = "exec";

    public const string Events = "events";
    public const string Clients = "clients";
    public const string Url = "url";
    public const string RootCertificate = "root_certificate";
    public const string Secret = "secret";
    public const string Token = "token";
    public const string Password = "password";
    public const string Room = "room";
    public const string Chat = "chat";
    public const string Host = "host";
    public const string Port = "port";
    public const string Security = "security";
    public const string User = "user";
    public const string From = "from";
    public const string To = "to";
    public const string Command = "command";

    /// <summary>What follows the name of a secret: it is in this file.</summary>
    public const string File = "_file";

    /// <summary>What follows the name of a secret: it is in this credential.</summary>
    public const string Credential = "_credential";
}
