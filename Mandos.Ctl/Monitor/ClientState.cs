using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Monitor;

/// <summary>What the line of a client says first, the most urgent first.</summary>
internal enum ClientState
{
    /// <summary>Somebody is to approve or deny it.</summary>
    Waiting,

    /// <summary>Its last check failed; it is disabled when it expires.</summary>
    Failing,

    /// <summary>Nothing is wrong.</summary>
    Enabled,

    /// <summary>It gets no secret.</summary>
    Disabled,
}

/// <summary>Extensions for <see cref="Client"/>.</summary>
internal static class ClientStates
{
    private const int NoCheckYet = -2;

    public static ClientState State(this Client client)
        => client.ApprovalPending ? ClientState.Waiting
            : !client.Enabled ? ClientState.Disabled
            : client.LastCheckerStatus is 0 or NoCheckYet ? ClientState.Enabled
            : ClientState.Failing;
}
