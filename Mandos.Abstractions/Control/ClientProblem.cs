namespace Mandos.Abstractions.Control;

/// <summary>What is amiss with one client of a command for many: it was not carried out, or it is in force and lacks something.</summary>
public sealed class ClientProblem
{
    private ClientProblem(string client) => Client = client;

    /// <summary>The name of the client.</summary>
    public string Client { get; }

    /// <summary>What the command would have thrown if it had been for this client alone; null if it is in force.</summary>
    public Exception? Error { get; private init; }

    /// <summary>What is in force and not durable; null if it was not carried out.</summary>
    public CommandResult? Result { get; private init; }

    /// <summary>The command was not carried out for a client.</summary>
    /// <param name="client">The client's name.</param>
    /// <param name="error">Why.</param>
    public static ClientProblem NotDone(string client, Exception error) => new(client) { Error = error };

    /// <summary>The command is in force for a client, and lacks something.</summary>
    /// <param name="client">The client's name.</param>
    /// <param name="result">What it lacks.</param>
    public static ClientProblem NotDurable(string client, CommandResult result) => new(client) { Result = result };
}
