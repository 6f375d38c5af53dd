using CheckerSsh.Tests.Fakes;

namespace CheckerSsh.Tests;

/// <summary>Hosts that send nonsense: a result, never an exception, and never up.</summary>
public sealed class HostileTests
{
    private const int Times = 300;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunAsync_RandomBytes_IsDown(bool afterVersion)
    {
        FakeKey key = FakeKey.Create("ssh-ed25519");
        await ForRandomAsync(async random =>
        {
            byte[] bytes = new byte[random.Next(3000)];
            random.NextBytes(bytes);
            await using FakeHost host = new(async (stream, stop) =>
            {
                if (afterVersion)
                {
                    await stream.WriteAsync("SSH-2.0-Fake\r\n"u8.ToArray(), stop);

                    // A length that is possible, and often a kind of message that is.
                    bytes.AsSpan(0, Math.Min(bytes.Length, 3)).Clear();
                    if (bytes.Length > 5 && random.Next(2) == 0)
                    {
                        bytes[5] = (byte)random.Next(1, 35);
                    }
                }

                await stream.WriteAsync(bytes, stop);
            });

            Checks.Down(await Checks.RunAsync(key.Pin, host.Port), "");
        });
    }

    [Theory]
    [InlineData("ssh-ed25519")]
    [InlineData("ecdsa-sha2-nistp256")]
    [InlineData("rsa-sha2-512")]
    public async Task RunAsync_ChangedMessages_IsDown(string algorithm)
    {
        FakeKey key = FakeKey.Create(algorithm);
        await ForRandomAsync(async random =>
        {
            int message = random.Next(2);
            int count = 0;
            FakeSshServer server = new(key)
            {
                // All of both messages counts for the exchange hash, or is the signature.
                Change = payload => count++ == message ? Mutate(payload, random) : payload,
            };
            await using FakeHost host = new(server.ServeAsync);

            // A changed length can make SSH.NET wait for what never comes.
            Checks.Down(await Checks.RunAsync(key.Pin, host.Port, "PT1S"), "");
        });
    }

    private static byte[] Mutate(byte[] payload, Random random)
    {
        byte[] changed = [.. payload];
        switch (random.Next(4))
        {
            case 0:
                return changed[..random.Next(changed.Length)];
            case 1:
                for (int i = random.Next(1, 10); i > 0; i--)
                {
                    changed[random.Next(changed.Length)] ^= (byte)random.Next(1, 256);
                }

                return changed.AsSpan().SequenceEqual(payload) ? [] : changed;
            default:
                changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
                return changed;
        }
    }

    private static async Task ForRandomAsync(Func<Random, Task> run)
    {
        int first = Random.Shared.Next();
        for (int i = 0; i < Times; i++)
        {
            try
            {
                await run(new Random(first + i));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {first + i}", e);
            }
        }
    }
}
