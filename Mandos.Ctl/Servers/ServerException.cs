namespace Mandos.Ctl.Servers;

/// <summary>The server cannot be reached, or did not do what it was asked for.</summary>
/// <param name="message">One line for the user.</param>
internal sealed class ServerException(string message) : Exception(message)
{
    /// <summary>What a server that does not tell of single connections cannot do.</summary>
    public static ServerException NoRequests => new("this server does not tell single requests apart; approve or deny the client");

    /// <summary>What a server without invitations cannot do.</summary>
    public static ServerException NoInvitations => new("this server takes no invitations: it is Debian's, or an older one; use mandos-ctl --add");

    /// <summary>Whether the server did it, but could not save it.</summary>
    public bool IsNotSaved { get; init; }

    /// <summary>What went wrong, as the web API calls it; null: it does not say, or the server is on D-Bus.</summary>
    public string? Code { get; init; }
}
