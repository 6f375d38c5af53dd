using System.Buffers.Binary;

namespace Mandos.Fuzz;

/// <summary>Changes inputs at random.</summary>
/// <param name="target">What they are for.</param>
/// <param name="seeds">Where it begins.</param>
/// <param name="random">Decides; the same numbers make the same inputs from the same seeds.</param>
internal sealed class Mutator(FuzzTarget target, IReadOnlyList<byte[]> seeds, Random random)
{
    private static readonly uint[] _numbers =
        [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 191, 192, 223, 224, 254, 255, 256, 511, 512, 1023, 1024, 4095, 4096, 8191,
         8192, 16383, 16384, 32767, 32768, 65534, 65535, 65536, 0xFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF];

    /// <summary>Makes the next input: a seed with some changes, most often few.</summary>
    public byte[] Next()
    {
        List<byte> input = [.. Any(seeds)];
        int changes = 1 << random.Next(5);
        for (changes = random.Next(1, changes + 1); changes > 0; changes--)
        {
            Change(input);
        }

        return [.. input.Take(target.LongestInput)];
    }

    private void Change(List<byte> input)
    {
        if (input.Count == 0)
        {
            input.AddRange(Random(8));
            return;
        }

        int at = random.Next(input.Count);
        int length = Math.Min(input.Count - at, 1 << random.Next(10));
        switch (random.Next(target.Words.Count > 0 ? 11 : 10))
        {
            case 0:
            case 1:
                input[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                input[at] = (byte)random.Next(256);
                break;
            case 3:
                input[at] += (byte)random.Next(-4, 5);
                break;
            case 4:
                WriteNumber(input, at);
                break;
            case 5:
                input.RemoveRange(at, length);
                break;
            case 6:
                input.InsertRange(random.Next(input.Count + 1), input.GetRange(at, length));
                break;
            case 7:
                Write(input, random.Next(input.Count), [.. input.GetRange(at, length)]);
                break;
            case 8:
                input.InsertRange(at, Random(16));
                break;
            case 9:
                Splice(input, at);
                break;
            default:
                byte[] word = Any(target.Words);
                if (random.Next(2) == 0)
                {
                    input.InsertRange(at, word);
                }
                else
                {
                    Write(input, at, word);
                }

                break;
        }
    }

    /// <summary>Puts a number at which something may change, of one to four bytes.</summary>
    private void WriteNumber(List<byte> input, int at)
    {
        byte[] number = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, Any(_numbers));
        number = number[random.Next(4)..];
        if (random.Next(2) == 0)
        {
            Array.Reverse(number);
        }

        Write(input, at, number);
    }

    /// <summary>Goes on with another seed.</summary>
    private void Splice(List<byte> input, int at)
    {
        byte[] other = Any(seeds);
        input.RemoveRange(at, input.Count - at);
        input.AddRange(other[random.Next(other.Length + 1)..]);
    }

    private static void Write(List<byte> input, int at, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length && at + i < input.Count; i++)
        {
            input[at + i] = bytes[i];
        }
    }

    private byte[] Random(int most)
    {
        byte[] bytes = new byte[random.Next(1, most + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    private T Any<T>(IReadOnlyList<T> list) => list[random.Next(list.Count)];
}
