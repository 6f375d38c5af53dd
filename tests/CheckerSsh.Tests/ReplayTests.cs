using System.Security.Cryptography;
using CheckerSsh.Tests.Fakes;
using Mandos.Abstractions.Checking;
using Mandos.TestKit;

namespace CheckerSsh.Tests;

/// <summary>Hosts that present the right public key, which everybody can have, and do not have the private one.</summary>
public sealed class ReplayTests
{
    public static TheoryData<string> Algorithms => ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task RunAsync_FakeWithPrivateKey_IsUpAndNotSpokenToAnyMore(string algorithm)
    {
        // Shows that it is for the signature alone that the others are down.
        FakeKey key = FakeKey.Create(algorithm);
        FakeSshServer server = new(key);
        await using (FakeHost host = new(server.ServeAsync))
        {
            Assert.Equal(CheckResult.Exited(0), await Checks.RunAsync(key.Pin, host.Port));
            while (server.Rest == null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Checks.TestEnds);
            }
        }

        // No NEWKEYS, no service request, no authentication.
        Assert.Empty(server.Rest!);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task RunAsync_RandomSignature_IsDown(string algorithm)
    {
        FakeKey key = FakeKey.Create(algorithm);
        FakeSshServer server = new(key)
        {
            Sign = hash => FakeSshServer.Signature(algorithm, Randomized(algorithm, key.Sign(hash))),
        };
        await using FakeHost host = new(server.ServeAsync);

        Checks.Down(await Checks.RunAsync(key.Pin, host.Port), "its signature is wrong");
        Checks.Down(await Checks.RunAsync(Fingerprint(key), host.Port), "its signature is wrong");
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task RunAsync_SignatureOfAnotherExchange_IsDown(string algorithm)
    {
        FakeKey key = FakeKey.Create(algorithm);
        byte[]? recorded = null;
        FakeSshServer server = new(key)
        {
            Sign = hash => recorded ??= FakeSshServer.Signature(algorithm, key.Sign(hash)),
        };
        await using FakeHost host = new(server.ServeAsync);

        Assert.True((await Checks.RunAsync(key.Pin, host.Port)).IsSuccess);
        Checks.Down(await Checks.RunAsync(key.Pin, host.Port), "its signature is wrong");
        Checks.Down(await Checks.RunAsync(key.Pin, host.Port), "its signature is wrong");
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task RunAsync_SignedWithAnotherKey_IsDown(string algorithm)
    {
        FakeKey key = FakeKey.Create(algorithm);
        FakeKey other = FakeKey.Create(algorithm);
        FakeSshServer server = new(other) { Blob = key.Blob };
        await using FakeHost host = new(server.ServeAsync);

        Checks.Down(await Checks.RunAsync(key.Pin, host.Port), "its signature is wrong");
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task RunAsync_MalformedSignature_IsDown(string algorithm)
    {
        FakeKey key = FakeKey.Create(algorithm);
        byte[][] signatures =
        [
            [], [0], [0, 0, 0, 200, 1], FakeSshServer.Signature(algorithm, []), FakeSshServer.Signature(algorithm, [1, 2, 3]),
            FakeSshServer.Signature(algorithm, new byte[64]), FakeSshServer.Signature("", new byte[64]),
            FakeSshServer.Signature(algorithm, new SshWriter().Mpint([]).Mpint([]).ToArray()),
            FakeSshServer.Signature(algorithm, new byte[70_000]),
        ];
        foreach (byte[] signature in signatures)
        {
            await using FakeHost host = new(new FakeSshServer(key) { Sign = _ => signature }.ServeAsync);

            CheckResult result = await Checks.RunAsync(key.Pin, host.Port);

            Checks.Down(result, "");
        }
    }

    [Fact]
    public async Task RunAsync_SignedByTheKeyUnderAnotherName_IsDown()
    {
        FakeKey key = FakeKey.Create("rsa-sha2-512");
        FakeSshServer server = new(key) { Sign = hash => FakeSshServer.Signature("ssh-rsa", key.Sign(hash)) };
        await using FakeHost host = new(server.ServeAsync);

        Checks.Down(await Checks.RunAsync(key.Pin, host.Port), "its signature is wrong");
    }

    [Fact]
    public async Task RunAsync_OnlySha1Signatures_IsDown()
    {
        FakeKey key = FakeKey.Create("ssh-rsa");
        await using FakeHost host = new(new FakeSshServer(key).ServeAsync);

        Checks.Down(await Checks.RunAsync(key.Pin, host.Port), "it has no key of type ssh-rsa");
    }

    [Fact]
    public async Task RunAsync_OtherKey_SaysWhich()
    {
        FakeKey key = FakeKey.Create("ssh-ed25519");
        FakeKey other = FakeKey.Create("ssh-ed25519");
        await using FakeHost host = new(new FakeSshServer(other).ServeAsync);

        Checks.Down(await Checks.RunAsync(key.Pin, host.Port), $"presents another ssh-ed25519 key, {Fingerprint(other)}");
    }

    /// <summary>Why this checker exists: what stock Mandos recommends believes the fake.</summary>
    [Fact]
    public async Task SshKeyscan_RandomSignature_IsSatisfied()
    {
        FakeKey key = FakeKey.Create("ssh-ed25519");
        FakeSshServer server = new(key)
        {
            Sign = _ => FakeSshServer.Signature(key.Algorithm, RandomNumberGenerator.GetBytes(64)),
        };
        await using FakeHost host = new(server.ServeAsync);

        string printed = await Command.RequireAsync(
            "ssh-keyscan",
            ["-T", "60", "-t", "ed25519", "-p", host.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), "127.0.0.1"]);

        Assert.Contains(key.Pin, printed, StringComparison.Ordinal);
        Checks.Down(await Checks.RunAsync(key.Pin, host.Port), "its signature is wrong");
    }

    private static string Fingerprint(FakeKey key) => "SHA256:" + Convert.ToBase64String(SHA256.HashData(key.Blob)).TrimEnd('=');

    /// <summary>Random bytes in the form of a signature.</summary>
    private static byte[] Randomized(string algorithm, byte[] signature)
        => algorithm.StartsWith("ecdsa", StringComparison.Ordinal)
            ? new SshWriter().Mpint(RandomNumberGenerator.GetBytes(32)).Mpint(RandomNumberGenerator.GetBytes(32)).ToArray()
            : RandomNumberGenerator.GetBytes(signature.Length);
}
