using System.Buffers;

namespace Mandos.Bus;

/// <summary>
/// The buffers of Tmds.DBus.Protocol, which takes them from the shared pool and gives them back as they are. The pool lends first what was
/// given back last, so what a message was in can be overwritten soon after, for the most part.
/// </summary>
internal static class PooledBuffers
{
    private const int Smallest = 512;

    /// <summary>The largest buffer in which messages arrive, in bytes, however short or long they are.</summary>
    private const int LargestOfReceiver = 64 << 10;

    /// <summary>The pool keeps one of a length for each thread, and some for each processor.</summary>
    private const int FewOfEachLength = 4;

    private const int MostOfEachLength = 64;

    /// <summary>Overwrites those in which a message was that has just been given back.</summary>
    /// <param name="length">Its length in bytes, about.</param>
    public static void Clear(int length)
    {
        for (int size = Smallest; size <= Math.Max(2 * length, LargestOfReceiver); size *= 2)
        {
            var rented = new byte[Math.Min(FewOfEachLength + (2 * length / size), MostOfEachLength)][];
            for (int i = 0; i < rented.Length; i++)
            {
                rented[i] = ArrayPool<byte>.Shared.Rent(size);
            }

            foreach (byte[] buffer in rented)
            {
                ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
            }
        }
    }
}
