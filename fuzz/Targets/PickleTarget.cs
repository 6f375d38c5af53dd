using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Host.Migration;

namespace Mandos.Fuzz.Targets;

/// <summary>The state of Debian's server: refused with a line, or taken, and then every client is one that could be.</summary>
internal static class PickleTarget
{
    /// <summary>Opcodes, and what a hostile pickle would name.</summary>
    public static IReadOnlyList<byte[]> Words { get; } =
    [
        .. "NKMJXUTqrhj()t]ae}sucR.\x80\x81\x85\x86\x87\x88\x89\x8a".Select(static opcode => new[] { (byte)opcode }),
        .. ((string[])["cos\nsystem\n", "c__builtin__\neval\n", "c__builtin__\nbytes\n)R", "(S'id'\ntR", "ccopy_reg\n_reconstructor\n"])
            .Select(Encoding.ASCII.GetBytes),
    ];

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        IReadOnlyList<StoredClient> clients;
        try
        {
            clients = StockStateReader.Read(data);
        }
        catch (PickleException e)
        {
            Expect.IsFitForTheLog(e.Message);
            return;
        }

        Expect.That(clients.Select(static client => client.Name).Distinct().Count() == clients.Count, "a name is there twice");
        foreach (StoredClient client in clients)
        {
            foreach (ClientSettings? settings in (ClientSettings?[])[client.FileSettings, client.Client?.Settings])
            {
                Expect.That(settings is null || (settings.Interval > TimeSpan.Zero && settings.Timeout >= TimeSpan.Zero
                    && settings.ExtendedTimeout >= TimeSpan.Zero && settings.ApprovalDelay >= TimeSpan.Zero
                    && settings.ApprovalDuration >= TimeSpan.Zero), "a duration is not possible");
                Expect.That(settings is null || !(settings.Host + settings.Checker).Contains('\0'), "a text has a NUL");
            }

            Expect.That(client.Client is null or { LastCheckerStatus: >= ClientSnapshot.NotCheckedYet and <= 255 }, "no exit status");
        }
    }

    public static IReadOnlyList<byte[]> Seeds() => [State(isPython2: false), State(isPython2: true)];

    /// <summary>Two clients, and one that was removed, as Python writes them.</summary>
    private static byte[] State(bool isPython2)
    {
        using var state = new MemoryStream();
        Write([0x80, 2], "}(");
        foreach (string name in (string[])["one", "two"])
        {
            Text(name);
            Write([], "}(");
            Item("name", () => Text(name));
            Item("enabled", () => Write([name == "one" ? (byte)0x88 : (byte)0x89]));
            Item("created", Time);
            Item("expires", () => Write([], "N"));
            Item("last_checked_ok", Time);
            Item("last_checker_status", () => Write([(byte)'J', 0xfe, 0xff, 0xff, 0xff]));
            Item("encrypted_secret", () => Bytes([0x8c, 0x0d, 4, 9, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 0x60]));
            Item("client_structure", () =>
            {
                Write([], "](");
                Text("bus");
                Text("name");
                Write([], "e");
            });
            Item("approved", () => Write([], "cdbus\nBoolean\nK\x01\x85\x81"));
            Settings();
            Write([], "u");
        }

        Write([], "u}(");
        foreach (string name in (string[])["one", "two", "gone"])
        {
            Text(name);
            Write([], "}(");
            Item("enabled", () => Write([0x88]));
            Settings();
            Write([], "u");
        }

        Write([], "u\x86.");
        return state.ToArray();

        void Write(ReadOnlySpan<byte> bytes, string opcodes = "")
        {
            state.Write(bytes);
            state.Write(Encoding.Latin1.GetBytes(opcodes));
        }

        void Text(string text)
            => Write([(byte)(isPython2 ? 'U' : 'X'), (byte)text.Length, .. isPython2 ? [] : new byte[3], .. Encoding.ASCII.GetBytes(text)]);

        void Bytes(byte[] bytes)
        {
            if (isPython2)
            {
                Write([(byte)'U', (byte)bytes.Length, .. bytes]);
                return;
            }

            byte[] text = Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(bytes));
            Write([], "c_codecs\nencode\n");
            Write([(byte)'X', (byte)text.Length, 0, 0, 0, .. text]);
            Text("latin1");
            Write([], "\x86R");
        }

        void Item(string key, Action value)
        {
            Text(key);
            value();
        }

        void Time()
        {
            Write([], "cdatetime\ndatetime\n");
            Bytes([7, 234, 11, 29, 6, 15, 25, 3, 200, 176]);
            Write([], "\x85R");
        }

        void Settings()
        {
            Item("host", () => Text("localhost"));
            Item("checker_command", () => Text("fping -q -- %(host)s"));
            Item("approved_by_default", () => Write([0x88]));
            foreach (string duration in (string[])["interval", "timeout", "extended_timeout", "approval_delay", "approval_duration"])
            {
                Item(duration, () => Write([], "cdatetime\ntimedelta\nK\0M\x2c\x01K\0\x87R"));
            }
        }
    }
}
