using Mandos.Abstractions.Clients;

namespace Mandos.WebControl.Api;

/// <summary>Clients in the order of their names, by their UTF-16 code units.</summary>
internal static class ClientOrder
{
    /// <summary>The first clients after a name, without sorting those that come later.</summary>
    /// <param name="clients">All clients.</param>
    /// <param name="after">The name before the first; null for the very first.</param>
    /// <param name="most">How many.</param>
    public static List<ClientSnapshot> AfterName(IEnumerable<ClientSnapshot> clients, string? after, int most)
        => First(after is null ? clients : clients.Where(client => string.CompareOrdinal(client.Name, after) > 0), Comparer<ClientSnapshot>.Create(ByName), 0, most);

    /// <summary>Some of what would stand in a sorted list, without sorting what comes later.</summary>
    /// <param name="clients">The clients.</param>
    /// <param name="order">Their order, in which no two are equal.</param>
    /// <param name="skip">How many to leave out at the beginning.</param>
    /// <param name="most">How many to take after them.</param>
    public static List<ClientSnapshot> First(IEnumerable<ClientSnapshot> clients, IComparer<ClientSnapshot> order, int skip, int most)
    {
        const int FewEnoughForAHeap = 20_000;
        if (most <= FewEnoughForAHeap - skip)
        {
            // The last of those so far is at the top.
            var heap = new PriorityQueue<ClientSnapshot, ClientSnapshot>(Comparer<ClientSnapshot>.Create((x, y) => order.Compare(y, x)));
            foreach (ClientSnapshot client in clients)
            {
                if (heap.Count < skip + most)
                {
                    heap.Enqueue(client, client);
                }
                else if (order.Compare(client, heap.Peek()) < 0)
                {
                    heap.EnqueueDequeue(client, client);
                }
            }

            clients = heap.UnorderedItems.Select(static item => item.Element);
        }

        List<ClientSnapshot> sorted = [.. clients];
        sorted.Sort(order);
        return skip == 0 && sorted.Count <= most ? sorted : [.. sorted.Skip(skip).Take(most)];
    }

    private static int ByName(ClientSnapshot x, ClientSnapshot y) => string.CompareOrdinal(x.Name, y.Name);
}
