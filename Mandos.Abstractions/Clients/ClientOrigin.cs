namespace Mandos.Abstractions.Clients;

/// <summary>Where a client comes from.</summary>
public enum ClientOrigin
{
    /// <summary><c>clients.conf</c> and <c>clients.d</c> define it.</summary>
    Files = 0,

    /// <summary>A command has added it while the server ran, and the server keeps its definition.</summary>
    Command = 1,
}
