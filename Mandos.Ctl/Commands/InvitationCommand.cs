using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using Mandos.Abstractions.Clients;
using Mandos.Ctl.Listing;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Commands;

/// <summary>Invites machines to become clients, and takes up what they send.</summary>
internal static class InvitationCommand
{
    private const ulong DefaultMilliseconds = 3_600_000;

    private static readonly (string Title, Func<Invitation, string> Text)[] _columns =
    [
        ("Name", static one => one.Name),
        ("Until", static one => one.Until),
        ("Arrived", static one => one.Arrived),
        ("Address", static one => one.Address),
        ("Key ID", static one => one.KeyId),
    ];

    /// <summary>Does what the options ask for.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(IServerConnection server, CtlArguments given, CancellationToken cancellationToken)
    {
        if (given.Get("invite") is { } invited)
        {
            await InviteAsync(server, given, invited, cancellationToken).ConfigureAwait(false);
        }
        else if (given.Get("accept") is { } accepted)
        {
            return await AcceptAsync(server, given, accepted, cancellationToken).ConfigureAwait(false);
        }
        else if (given.Get("reject") is { } rejected)
        {
            await server.EndInvitationAsync(rejected, accepted: false, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            TableText.Write(Console.Out, await server.GetInvitationsAsync(cancellationToken).ConfigureAwait(false), _columns);
        }

        return 0;
    }

    private static async Task InviteAsync(IServerConnection server, CtlArguments given, string name, CancellationToken cancellationToken)
    {
        if (!InvitedSection.IsName(name))
        {
            throw new UsageException($"“{SafeText.From(name)}” is no name by which a machine can be invited: use letters, digits, “.”, “-” and “_”");
        }

        string? address = given.Get("address");
        if (address is not null && (address.Length == 0 || !address.All(static c => char.IsAsciiLetterOrDigit(c) || ".:-_%".Contains(c, StringComparison.Ordinal))))
        {
            throw new UsageException("--address has to be a host name or an address, without a port");
        }

        ulong milliseconds = given.Get("valid") is { } valid ? Durations.Parse(valid) : DefaultMilliseconds;
        NewInvitation made = await server.InviteAsync(name, milliseconds, cancellationToken).ConfigureAwait(false);
        try
        {
            (string host, int port) = Place(made, address);
            Console.Error.WriteLine($"mandos-ctl: paste this on {SafeText.From(name)}, as root, before {SafeText.From(made.Until)} UTC; it works once:");
            Console.Out.WriteLine(Line(name, made, host, port));
        }
        catch (ServerException)
        {
            await server.EndInvitationAsync(name, accepted: false, cancellationToken).ConfigureAwait(false); // nobody can have the token
            throw;
        }
    }

    /// <summary>
    /// A line for a shell. gnutls-cli looks at the server's key, and at nothing else, before it sends anything: the file known_hosts has its hash for every
    /// host and port. The token is in no program's arguments, where other users could see it.
    /// </summary>
    internal static string Line(string name, NewInvitation made, string host, int port) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        (s=$(mandos-keygen --password --no-ssh --name {name}) && d=$(mktemp -d) && trap 'rm -r "$d"' EXIT && mkdir "$d/.gnutls" && echo '|c0|*|*|0|6|{Hex(made.Pin)}' >"$d/.gnutls/known_hosts" && printf 'enrol 1 {Hex(made.Token)}\n%s\nend\n' "$s" | HOME="$d" gnutls-cli --strict-tofu --no-ca-verification --logfile=/dev/null --port {port} {host})
        """);

    /// <summary>What the server gives is pasted into a shell of root's.</summary>
    private static string Hex(string text)
        => text.Length > 0 && text.All(char.IsAsciiHexDigitLower) ? text : throw new ServerException("the server's answer is not one of a Mandos server");

    /// <summary>Where a machine reaches the server: as a person says, where it listens, or at an address of this machine.</summary>
    private static (string Host, int Port) Place(NewInvitation made, string? address)
    {
        IPEndPoint[] endPoints = [.. made.EndPoints.Select(static text => IPEndPoint.TryParse(text, out IPEndPoint? place) ? place : null).OfType<IPEndPoint>()];
        if (endPoints.Length == 0)
        {
            throw new ServerException("the server does not say at which port it listens; nobody was invited");
        }

        IPEndPoint first = endPoints.FirstOrDefault(static place => !IsAny(place.Address) && !place.Address.IsIPv6LinkLocal) ?? endPoints[0];
        string host = address ?? (IsAny(first.Address) || first.Address.IsIPv6LinkLocal ? OwnAddress(first.AddressFamily) : first.Address).ToString();
        return (host, first.Port);
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>An address of an interface that has a way to other networks, or else of any other one.</summary>
    private static IPAddress OwnAddress(AddressFamily family)
        => NetworkInterface.GetAllNetworkInterfaces()
            .Where(static link => link.OperationalStatus == OperationalStatus.Up && link.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .Select(static link => link.GetIPProperties())
            .OrderByDescending(static link => link.GatewayAddresses.Count)
            .SelectMany(static link => link.UnicastAddresses)
            .Select(static unicast => unicast.Address)
            .FirstOrDefault(address => !address.IsIPv6LinkLocal && (address.AddressFamily == AddressFamily.InterNetwork || family == AddressFamily.InterNetworkV6))
            ?? throw new ServerException("this machine has no address by which others reach it; say --address HOST. Nobody was invited");

    private static async Task<int> AcceptAsync(IServerConnection server, CtlArguments given, string name, CancellationToken cancellationToken)
    {
        if (!InvitedSection.IsName(name))
        {
            throw new UsageException($"“{SafeText.From(name)}” is no name by which a machine can be invited; mandos-ctl --invitations lists them");
        }

        byte[] section = await server.GetInvitedSectionAsync(name, cancellationToken).ConfigureAwait(false);
        byte[] lines = [.. section, (byte)'\n'];
        try
        {
            // The server has judged it too. But it is root who writes it, and root does not take the server's word for that.
            if (InvitedSection.FindFault(section, name) is { } fault)
            {
                throw new ServerException($"what has arrived for {name} cannot be taken: {fault}; mandos-ctl --reject {name} forgets it");
            }

            if (!await IsThereAsync(server, name, cancellationToken).ConfigureAwait(false)) // it is if --accept was broken off
            {
                int status = await AddCommand.RunAsync(server, given, lines, cancellationToken, only: name).ConfigureAwait(false);
                if (status != 0 || given.Has("dry-run"))
                {
                    return status;
                }
            }
            else if (given.Has("dry-run"))
            {
                return 0;
            }
            else if (await AddCommand.AddAtOthersAsync(given.Others, lines, 1, cancellationToken).ConfigureAwait(false) is not 0 and var status)
            {
                return status; // what has arrived is all that they can get it from
            }

            await server.EndInvitationAsync(name, accepted: true, cancellationToken).ConfigureAwait(false);
            return 0;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(section);
            CryptographicOperations.ZeroMemory(lines);
        }
    }

    /// <summary>Whether the server has the client that has arrived already.</summary>
    private static async Task<bool> IsThereAsync(IServerConnection server, string name, CancellationToken cancellationToken)
    {
        IReadOnlyList<Invitation> all = await server.GetInvitationsAsync(cancellationToken).ConfigureAwait(false);
        string keyId = all.FirstOrDefault(one => one.Name == name)?.KeyId ?? "";
        Client? client = await server.FindAsync(name, cancellationToken).ConfigureAwait(false);
        bool isThere = keyId.Length > 0 && client?.Name == name && string.Equals(client.KeyId, keyId, StringComparison.OrdinalIgnoreCase);
        if (isThere)
        {
            Console.Out.WriteLine($"{name}: the server has it already, with that key; what has arrived is not written again");
        }

        return isThere;
    }
}
