using Mandos.TlsBouncy.Handshaking;

namespace TlsBouncy.Tests.Handshaking;

public sealed class RecordBoundariesTests
{
    [Fact]
    public void Take_RecordsCutAnywhere_StopsAtEachEnd()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        for (int round = 0; round < 200; round++)
        {
            List<byte> bytes = [];
            HashSet<int> ends = [];
            for (int record = 0; record < 10; record++)
            {
                int length = random.Next(4) == 0 ? 0 : random.Next(600);
                bytes.AddRange([22, 3, 3, (byte)(length >> 8), (byte)length, .. new byte[length]]);
                ends.Add(bytes.Count);
            }

            RecordBoundaries boundaries = default;
            HashSet<int> found = [];
            byte[] all = [.. bytes];
            int position = 0;
            while (position < all.Length)
            {
                int available = random.Next(1, Math.Min(300, all.Length - position + 1));
                int end = position + available;
                while (position < end)
                {
                    int taken = boundaries.Take(all.AsSpan(position, end - position));
                    Assert.InRange(taken, 1, end - position);
                    position += taken;
                    Assert.True(position == end || ends.Contains(position));
                    if (ends.Contains(position))
                    {
                        found.Add(position);
                    }
                }
            }

            Assert.Equal(ends, found);
        }
    }
}
