using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Protocol;

namespace Mandos.Engine.Tests.SharedModel;

/// <summary>A connection whose peer has asked for a secret, in the steps that the protocol takes with it.</summary>
internal sealed class Sending(Connection connection, OpenRequest request)
{
    public Connection Connection { get; } = connection;

    public OpenRequest Request { get; } = request;

    public string Client => Request.Client.Name;

    /// <summary>Why it is granted, once it is.</summary>
    public Outcome Granted { get; set; }

    /// <summary>Whether the gates have agreed and the engine has looked again.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>By when, of the server's clock, a thread that was let write has to have written; null before it was.</summary>
    public TimeSpan? WritesBy { get; set; }
}
