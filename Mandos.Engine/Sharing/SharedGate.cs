using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Protocol;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>Lets a secret go only while this server knows what the others have decided.</summary>
/// <param name="clock">Measures stalls.</param>
/// <param name="permission">Whether it knows.</param>
/// <param name="whenSettled">Ends when what is decided of a client here is in the store, and what the store knows of its expiry is known here.</param>
internal sealed class SharedGate(EngineClock clock, Permission permission, Func<Client, Task> whenSettled) : IReleaseGate
{
    public Outcome Refusal => Outcome.CutOff;

    public string Otherwise => "this server does not know what the other servers have decided, as the shared store does not answer";

    public async Task<bool> AgreesAsync(Connection connection, Outcome granted, CancellationToken cancellationToken)
    {
        if (!permission.Holds)
        {
            return ServesCutOff(connection.Request!, granted);
        }

        await whenSettled(connection.Request!.Client).WaitAsync(cancellationToken).ConfigureAwait(false);
        return StillAgrees(connection, granted);
    }

    public bool StillAgrees(Connection connection, Outcome granted)
    {
        Client client = connection.Request!.Client;
        return !client.HasUnreadableSecret && (permission.Holds ? !client.IsUnsettled : ServesCutOff(connection.Request, granted));
    }

    public bool MayWrite(Connection connection, Outcome granted, TimeSpan looked)
        => clock.Now - looked <= SharedStateTiming.LongestStall && (permission.Holds || ServesCutOff(connection.Request!, granted));

    /// <summary>Whether a request gets its secret from a server that is cut off: the client's configuration says so, or a person has decided here since.</summary>
    public static bool ServesCutOff(OpenRequest request, Outcome granted) => MayServeCutOff(request.Client)
        && (request.Client.Settings.WhenCutOff == CutOffBehaviour.Serve || (granted == Outcome.Approved && request.IsHeldForPerson));

    /// <summary>Whether a client may get its secret from a server that is cut off, perhaps once a person has decided.</summary>
    public static bool MayServeCutOff(Client client) => !client.IsUnheardOf && client.Settings.WhenCutOff is CutOffBehaviour.Serve or CutOffBehaviour.Hold;
}
