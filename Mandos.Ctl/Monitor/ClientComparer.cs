using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Monitor;

/// <summary>A total order of clients: no two compare as equal, as no two have the same path.</summary>
internal sealed record ClientComparer(ClientOrder Order, bool IsReversed) : IComparer<Client>
{
    public int Compare(Client? x, Client? y)
    {
        int result = Order switch
        {
            ClientOrder.State => x!.State().CompareTo(y!.State()),
            ClientOrder.Host => string.CompareOrdinal(x!.Host, y!.Host),
            ClientOrder.Seen => string.CompareOrdinal(x!.LastCheckedOk, y!.LastCheckedOk),
            ClientOrder.Expires => CompareExpiry(x!, y!),
            _ => 0,
        };
        result = result != 0 ? result : string.CompareOrdinal(x!.Name, y!.Name);
        result = result != 0 ? result : string.CompareOrdinal(x!.Path, y!.Path);
        return IsReversed ? -result : result;
    }

    // A client without an expiry does not expire.
    private static int CompareExpiry(Client x, Client y)
        => (x.Expires.Length == 0, y.Expires.Length == 0) switch
        {
            (false, false) => string.CompareOrdinal(x.Expires, y.Expires),
            (bool noX, bool noY) => noX.CompareTo(noY),
        };
}
