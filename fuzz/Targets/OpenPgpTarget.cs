using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.OpenPgp;

namespace Mandos.Fuzz.Targets;

/// <summary>A message with an OpenPGP key: refused with a reason, or it is the key of which it was made.</summary>
internal static class OpenPgpTarget
{
    private static readonly DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly OpenPgpKeyMaker _maker = new(1024);
    private static readonly OpenPgpKeyMaker _other = new(2048);

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        PeerCertificate certificate;
        try
        {
            certificate = OpenPgpPresentation.Parse(data, _now);
        }
        catch (PeerRefusedException e)
        {
            Expect.IsFitForTheLog(e.Reason);
            return;
        }

        ReadOnlySpan<byte> body = certificate.Identity.Encoded.Span;
        Expect.That(body.SequenceEqual(_maker.Body) || body.SequenceEqual(_other.Body), "a key that certifies nothing was taken");
    }

    public static IReadOnlyList<byte[]> Seeds()
    {
        byte[] subkey = OpenPgpKeyMaker.Packet(14, _other.Body);
        byte[] binding = _maker.Sign(0x18, [.. _maker.KeySubject, .. subkey], OpenPgpKeyMaker.Subpacket(2, new byte[4]));
        byte[] revocation = _maker.Sign(0x20, _maker.KeySubject, OpenPgpKeyMaker.Subpacket(2, new byte[4]));
        byte[] direct = _maker.Sign(0x1F, _maker.KeySubject, OpenPgpKeyMaker.Subpacket(2, new byte[4]));
        byte[] expiring = _maker.Certify("client", OpenPgpKeyMaker.Subpacket(9, [0x7F, 0, 0, 0]));
        byte[] foreign = _other.Sign(0x10, _maker.UserIdSubject("client"), OpenPgpKeyMaker.Subpacket(2, new byte[4]));
        byte[] name = OpenPgpKeyMaker.UserIdPacket("client");
        return
        [
            _maker.Identity.Present(),
            _maker.Identity.Present(OpenPgpIdentity.KeyAlone),
            _other.Identity.Present(),
            _maker.WithPackets(direct, name, foreign, expiring, subkey, binding).Present(),
            _maker.WithPackets(revocation, name, _maker.Certify("client")).Present(),
            _maker.WithPackets(name, _maker.Certify("client"), OpenPgpKeyMaker.Packet(17, new byte[50]), OpenPgpKeyMaker.Packet(12, [1])).Present(),
            [1, 0, 0, 0],
        ];
    }
}
