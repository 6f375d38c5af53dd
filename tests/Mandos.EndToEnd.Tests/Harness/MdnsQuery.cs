namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>Asks by Multicast DNS from an ordinary port, as a simple resolver does (RFC 6762 section 6.7).</summary>
internal static class MdnsQuery
{
    private const string Script = """
        import socket, struct, sys
        index = socket.if_nametoindex(sys.argv[1])
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        s.settimeout(2)
        question = b"\x07_mandos\x04_tcp\x05local\x00" + struct.pack(">HH", 12, 1)
        def name(data, at):
            while data[at]:
                if data[at] >= 0xC0:
                    return at + 2
                at += 1 + data[at]
            return at + 1
        for _ in range(10):
            s.sendto(struct.pack(">6H", 77, 0, 1, 0, 0, 0) + question, (sys.argv[2], 5353, 0, index))
            try:
                data, source = s.recvfrom(9000)
            except TimeoutError:
                continue
            number, flags, questions, *records = struct.unpack(">6H", data[:12])
            assert (number, questions, source[1]) == (77, 1, 5353), (number, questions, source)
            at = name(data, 12) + 4
            for _ in range(sum(records)):
                at = name(data, at)
                kind, _, ttl, size = struct.unpack(">HHIH", data[at:at + 10])
                assert ttl <= 10, ttl
                if kind == 28:
                    print(socket.inet_ntop(socket.AF_INET6, data[at + 10:at + 26]))
                at += 10 + size
            sys.exit()
        sys.exit("no answer")
        """;

    /// <summary>Asks at the client's end for Mandos servers, ten times at most.</summary>
    /// <param name="link">The link.</param>
    /// <param name="to">Whom; by default the group.</param>
    /// <returns>The addresses in the answer; null if there is none.</returns>
    public static async Task<IReadOnlyList<string>?> AskAsync(NetworkLink link, string to = "ff02::fb")
    {
        CommandResult result = await Command.RunAsync(
            "ip", "netns", "exec", link.ClientNamespace, "python3", "-c", Script, NetworkLink.Interface, to);
        if (result.ExitCode != 0)
        {
            Assert.Equal("no answer\n", result.Errors);
            return null;
        }

        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
