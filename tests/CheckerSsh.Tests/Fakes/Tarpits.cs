using System.Net.Sockets;
using System.Text;

namespace CheckerSsh.Tests.Fakes;

/// <summary>Hosts that never get to the point.</summary>
internal static class Tarpits
{
    private static readonly byte[] _version = Encoding.ASCII.GetBytes("SSH-2.0-Tar\r\n");

    /// <summary>By name: what it does with a connection. Each ends when the other side closes.</summary>
    public static IReadOnlyDictionary<string, Func<NetworkStream, CancellationToken, Task>> All { get; } =
        new Dictionary<string, Func<NetworkStream, CancellationToken, Task>>
        {
            ["silent"] = DrainAsync,
            ["a byte now and then"] = (stream, stop) => NowAndThenAsync(stream, "x"u8.ToArray(), stop),
            ["a line now and then"] = (stream, stop) => NowAndThenAsync(stream, "x\r\n"u8.ToArray(), stop),
            ["half a version"] = async (stream, stop) =>
            {
                await stream.WriteAsync("SSH-2.0-"u8.ToArray(), stop);
                await DrainAsync(stream, stop);
            },
            ["only the version"] = async (stream, stop) =>
            {
                await stream.WriteAsync(_version, stop);
                await DrainAsync(stream, stop);
            },
            ["version, then a byte now and then"] = async (stream, stop) =>
            {
                // The length of a message that takes minutes to come.
                await stream.WriteAsync((byte[])[.. _version, 0, 0, 128, 0, 10], stop);
                await NowAndThenAsync(stream, [0], stop);
            },
            ["version, then ignorable messages now and then"] = async (stream, stop) =>
            {
                await stream.WriteAsync(_version, stop);
                await NowAndThenAsync(stream, [0, 0, 0, 12, 6, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], stop);
            },
            ["no signature"] = (stream, stop) =>
                new FakeSshServer(FakeKey.Create("ssh-ed25519")) { Replies = false }.ServeAsync(stream, stop),
        };

    /// <summary>By name: hosts that send without end.</summary>
    public static IReadOnlyDictionary<string, Func<NetworkStream, CancellationToken, Task>> Floods { get; } =
        new Dictionary<string, Func<NetworkStream, CancellationToken, Task>>
        {
            ["lines"] = (stream, stop) => FloodAsync(stream, "welcome\r\n"u8.ToArray(), stop),
            ["one line"] = (stream, stop) => FloodAsync(stream, "welcome"u8.ToArray(), stop),
            ["zeros"] = (stream, stop) => FloodAsync(stream, new byte[1000], stop),
            ["version, then zeros"] = async (stream, stop) =>
            {
                await stream.WriteAsync(_version, stop);
                await FloodAsync(stream, new byte[1000], stop);
            },
            ["version, then ignorable messages"] = async (stream, stop) =>
            {
                await stream.WriteAsync(_version, stop);
                await FloodAsync(stream, [0, 0, 0, 12, 6, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], stop);
            },
        };

    private static async Task DrainAsync(NetworkStream stream, CancellationToken cancellationToken)
        => await stream.CopyToAsync(Stream.Null, cancellationToken);

    private static async Task NowAndThenAsync(NetworkStream stream, byte[] what, CancellationToken cancellationToken)
    {
        while (true)
        {
            await stream.WriteAsync(what, cancellationToken);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }

    private static async Task FloodAsync(NetworkStream stream, byte[] what, CancellationToken cancellationToken)
    {
        byte[] block = [.. Enumerable.Repeat(what, 100).SelectMany(bytes => bytes)];
        while (true)
        {
            await stream.WriteAsync(block, cancellationToken);
        }
    }
}
