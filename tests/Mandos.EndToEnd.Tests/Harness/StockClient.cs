using System.Diagnostics;
using System.Net;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>Debian's mandos-client with its keys.</summary>
/// <param name="Name">The client's name.</param>
/// <param name="Directory">Where its keys are.</param>
/// <param name="Stanza">Its section of clients.conf.</param>
/// <param name="Password">What it is to find in its secret.</param>
internal sealed record StockClient(string Name, string Directory, string Stanza, string Password)
{
    /// <summary>Its section, with further options.</summary>
    /// <param name="options">Lines that are added; they come first, as the secret is a long value at the end.</param>
    public string StanzaWith(params string[] options)
        => Stanza.Replace($"[{Name}]\n", string.Join('\n', [$"[{Name}]", .. options, ""]), StringComparison.Ordinal);

    /// <summary>Fetches the password as at boot, once.</summary>
    /// <param name="server">Where the server listens.</param>
    /// <param name="networkInterface">The interface over which to connect.</param>
    /// <param name="networkNamespace">The network namespace in which to run; null for that of the tests.</param>
    /// <returns>Its end; its output is the password.</returns>
    /// <param name="priority">What it is to offer; by default what the server offers by default.</param>
    /// <param name="patience">How long it may take, as it asks again where it is refused; by default as long as anything else.</param>
    public Task<CommandResult> FetchAsync(
        IPEndPoint server, string networkInterface = "lo", string? networkNamespace = null, string? priority = null, TimeSpan? patience = null)
    {
        // It takes an IPv6 address without brackets, and without the zone that the interface gives.
        var address = new IPAddress(server.Address.GetAddressBytes());
        string[] options = [$"--connect={address}:{server.Port}", .. priority is null ? [] : (string[])[$"--priority={priority}"]];
        return RunAsync(options, networkInterface, networkNamespace, patience);
    }

    /// <summary>Boots: looks for servers by Zeroconf until one of them gives the password, and checks that.</summary>
    /// <param name="link">In whose client namespace it runs.</param>
    public async Task BootAsync(NetworkLink link)
        => RequirePassword(await RunAsync(["--debug"], NetworkLink.Interface, link.ClientNamespace));

    private Task<CommandResult> RunAsync(string[] options, string networkInterface, string? networkNamespace, TimeSpan? patience = null)
    {
        string[] wrapper = networkNamespace is null ? [] : ["ip", "netns", "exec", networkNamespace];
        string[] command =
        [
            .. wrapper, $"{Command.PeerLibraries}/mandos/plugins.d/mandos-client", .. options,
            $"--pubkey={Directory}/pubkey.txt", $"--seckey={Directory}/seckey.txt",
            $"--tls-privkey={Directory}/tls-privkey.pem", $"--tls-pubkey={Directory}/tls-pubkey.pem",
            $"--interface={networkInterface}", "--network-hook-dir=/nonexistent",
        ];
        ProcessStartInfo start = Command.Describe(command[0], command.Skip(1));
        // The helper that lays a route to a server whose address is not in the client's network
        start.Environment["MANDOSPLUGINHELPERDIR"] = $"{Command.PeerLibraries}/mandos/plugin-helpers";
        return Command.RunAsync(start, input: "", patience);
    }

    /// <summary>Fetches the password and checks it.</summary>
    /// <inheritdoc cref="FetchAsync"/>
    public async Task RequirePasswordAsync(
        IPEndPoint server, string networkInterface = "lo", string? networkNamespace = null, string? priority = null)
        => RequirePassword(await FetchAsync(server, networkInterface, networkNamespace, priority));

    private void RequirePassword(CommandResult result)
    {
        Assert.True(result.ExitCode == 0, $"mandos-client failed ({result.ExitCode}): {result.Errors}");
        Assert.Equal(Password, result.Output);
    }
}
