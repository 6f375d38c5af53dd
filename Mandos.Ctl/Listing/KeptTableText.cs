using Mandos.Ctl.Servers;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Listing;

/// <summary>A table of former clients.</summary>
internal static class KeptTableText
{
    private static readonly KeptClient _heading = new("Name", "Key", "", "State", "Left");

    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output, IReadOnlyList<KeptClient> clients)
    {
        KeptClient[] rows = [_heading, .. clients.Select(static client => client with { Name = SafeText.From(client.Name) })];
        int name = rows.Max(static row => row.Name.Length);
        int left = rows.Max(static row => row.Left.Length);
        foreach (KeptClient row in rows)
        {
            string key = row.KeyId.Length > 0 ? row.KeyId : row.Fingerprint;
            output.Write($"{row.Name.PadRight(name)}  {row.State,-8}  {row.Left.PadRight(left)}  {SafeText.From(key)}".TrimEnd() + "\n");
        }
    }
}
