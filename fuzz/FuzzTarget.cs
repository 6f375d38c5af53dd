using Mandos.Fuzz.Targets;

namespace Mandos.Fuzz;

/// <summary>Something that takes any bytes.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Fuzz">Takes an input; throws only if the input does what none may.</param>
/// <param name="Seeds">Makes inputs to begin with, right ones for the most part; nothing in them is a secret of anybody.</param>
/// <param name="Words">What to insert here and there.</param>
/// <param name="LongestInput">The longest input in bytes.</param>
internal sealed record FuzzTarget(
    string Name, FuzzTarget.Action Fuzz, Func<IReadOnlyList<byte[]>> Seeds, IReadOnlyList<byte[]> Words, int LongestInput)
{
    /// <summary>Takes an input.</summary>
    public delegate void Action(ReadOnlySpan<byte> data);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("first-line", FirstLineTarget.Fuzz, FirstLineTarget.Seeds, [[(byte)'\n'], [(byte)'1']], 400),
        new("invited", InvitedTarget.Fuzz, InvitedTarget.Seeds, InvitedTarget.Words, 2000),
        new("public-key", PublicKeyTarget.Fuzz, PublicKeyTarget.Seeds, PublicKeyTarget.Words, 3000),
        new("openpgp", OpenPgpTarget.Fuzz, OpenPgpTarget.Seeds, [], 3000),
        new("priority", PriorityTarget.Fuzz, PriorityTarget.Seeds, PriorityTarget.Words, 300),
        new("tls-bytes", TlsBytesTarget.Fuzz, TlsBytesTarget.Seeds, TlsBytesTarget.Words, 5000),
        new("tls-handshake", TlsHandshakeTarget.Fuzz, TlsHandshakeTarget.Seeds, [], 60),
        new("dbus", DBusCallTarget.Fuzz, DBusCallTarget.Seeds, DBusCallTarget.Words, 2000),
        new("pickle", PickleTarget.Fuzz, PickleTarget.Seeds, PickleTarget.Words, 3000),
        new("mdns", MdnsTarget.Fuzz, MdnsTarget.Seeds, MdnsTarget.Words, 2000),
    ];
}
