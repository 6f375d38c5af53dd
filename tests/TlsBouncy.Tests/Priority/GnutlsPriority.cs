using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace TlsBouncy.Tests.Priority;

/// <summary>What libgnutls itself makes of a priority string: what <c>gnutls-cli --list --priority</c> prints, without a process for each.</summary>
internal sealed partial record GnutlsPriority
{
    private const string Library = "libgnutls.so.30";
    private const int InvalidRequest = -50;
    private const int UnknownCipherSuite = -21;

    /// <summary>Where the string is malformed; null if it is not.</summary>
    public int? ErrorOffset { get; private init; }

    /// <summary>Whether GnuTLS says that the string allows too little.</summary>
    public bool IsInsufficient { get; private init; }

    public string[] Versions { get; private init; } = [];

    public string[] Ciphers { get; private init; } = [];

    public string[] Macs { get; private init; } = [];

    public string[] KeyExchanges { get; private init; } = [];

    public string[] Groups { get; private init; } = [];

    public string[] Signatures { get; private init; } = [];

    public string[] ClientCertificateTypes { get; private init; } = [];

    public string[] ServerCertificateTypes { get; private init; } = [];

    public string[] CipherSuites { get; private init; } = [];

    /// <summary>
    /// Whatever could be a name in the library's own data, and the ends of these, because linkers store a string that ends another one
    /// only once.
    /// </summary>
    public static IEnumerable<string> NamesWithin()
    {
        Parse("NORMAL"); // it has to be loaded
        string path = File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1])
            .First(file => file.Contains("/libgnutls.so.", StringComparison.Ordinal));
        return Name().Matches(Encoding.Latin1.GetString(File.ReadAllBytes(path)))
            .SelectMany(match => Enumerable.Range(0, match.Length).Select(at => match.Value[at..]))
            .Where(name => char.IsLetterOrDigit(name[0]))
            .Distinct();
    }

    /// <summary>Those of some words that the installed version has.</summary>
    /// <param name="words">Words, each with its sign and a colon before it.</param>
    public static IEnumerable<string> Known(IEnumerable<string> words) => words.Where(word => Parse($"NORMAL{word}").ErrorOffset is null);

    public static unsafe GnutlsPriority Parse(string text)
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(text), 0];
        fixed (byte* start = bytes)
        {
            int error = gnutls_priority_init(out IntPtr priority, start, out byte* position);
            if (error != 0)
            {
                return new GnutlsPriority
                {
                    ErrorOffset = error == InvalidRequest ? (int)(position - start) : null,
                    IsInsufficient = error != InvalidRequest,
                };
            }

            try
            {
                return new GnutlsPriority
                {
                    Versions = Names(gnutls_priority_protocol_list(priority, out uint* list), list, gnutls_protocol_get_name),
                    Ciphers = Names(gnutls_priority_cipher_list(priority, out list), list, gnutls_cipher_get_name),
                    Macs = Names(gnutls_priority_mac_list(priority, out list), list, gnutls_mac_get_name),
                    KeyExchanges = Names(gnutls_priority_kx_list(priority, out list), list, gnutls_kx_get_name),
                    Groups = Names(gnutls_priority_group_list(priority, out list), list, gnutls_group_get_name),
                    Signatures = Names(gnutls_priority_sign_list(priority, out list), list, gnutls_sign_get_name),
                    ClientCertificateTypes = Types(priority, target: 0),
                    ServerCertificateTypes = Types(priority, target: 1),
                    CipherSuites = Suites(priority),
                };
            }
            finally
            {
                gnutls_priority_deinit(priority);
            }
        }
    }

    private static unsafe string[] Names(int count, uint* list, Func<uint, IntPtr> name)
    {
        string[] names = new string[count];
        for (int i = 0; i < count; i++)
        {
            names[i] = Marshal.PtrToStringUTF8(name(list[i]))!;
        }

        return names;
    }

    private static unsafe string[] Types(IntPtr priority, int target)
    {
        string[] names = Names(gnutls_priority_certificate_type_list2(priority, out uint* list, target), list, gnutls_certificate_type_get_name);
        return [.. names.Select(name => name == "Raw Public Key" ? "RAWPK" : name)];
    }

    private static unsafe string[] Suites(IntPtr priority)
    {
        List<string> names = [];
        byte* id = stackalloc byte[2];
        for (uint i = 0; ; i++)
        {
            int error = gnutls_priority_get_cipher_suite_index(priority, i, out uint index);
            if (error == 0)
            {
                names.Add(Marshal.PtrToStringUTF8(gnutls_cipher_suite_info(index, id, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero))!);
            }
            else if (error != UnknownCipherSuite)
            {
                return [.. names];
            }
        }
    }

    [GeneratedRegex(@"(?<=\0)[A-Za-z][A-Za-z0-9._-]{1,28}(?=\0)")]
    private static partial Regex Name();

    [LibraryImport(Library)]
    private static unsafe partial int gnutls_priority_init(out IntPtr priority, byte* text, out byte* error);

    [LibraryImport(Library)]
    private static partial void gnutls_priority_deinit(IntPtr priority);

    [LibraryImport(Library)]
    private static unsafe partial int gnutls_priority_protocol_list(IntPtr priority, out uint* list);

    [LibraryImport(Library)]
    private static unsafe partial int gnutls_priority_cipher_list(IntPtr priority, out uint* list);

    [LibraryImport(Library)]
    private static unsafe partial int gnutls_priority_mac_list(IntPtr priority, out uint* list);

    [LibraryImport(Library)]
    private static unsafe partial int gnutls_priority_kx_list(IntPtr priority, out uint* list);

    [LibraryImport(Library)]
    private static unsafe partial int gnutls_priority_group_list(IntPtr priority, out uint* list);

    [LibraryImport(Library)]
    private static unsafe partial int gnutls_priority_sign_list(IntPtr priority, out uint* list);

    [LibraryImport(Library)]
    private static unsafe partial int gnutls_priority_certificate_type_list2(IntPtr priority, out uint* list, int target);

    [LibraryImport(Library)]
    private static partial int gnutls_priority_get_cipher_suite_index(IntPtr priority, uint index, out uint suite);

    [LibraryImport(Library)]
    private static unsafe partial IntPtr gnutls_cipher_suite_info(
        nuint index, byte* id, IntPtr keyExchange, IntPtr cipher, IntPtr mac, IntPtr version);

    [LibraryImport(Library)]
    private static partial IntPtr gnutls_protocol_get_name(uint id);

    [LibraryImport(Library)]
    private static partial IntPtr gnutls_cipher_get_name(uint id);

    [LibraryImport(Library)]
    private static partial IntPtr gnutls_mac_get_name(uint id);

    [LibraryImport(Library)]
    private static partial IntPtr gnutls_kx_get_name(uint id);

    [LibraryImport(Library)]
    private static partial IntPtr gnutls_group_get_name(uint id);

    [LibraryImport(Library)]
    private static partial IntPtr gnutls_sign_get_name(uint id);

    [LibraryImport(Library)]
    private static partial IntPtr gnutls_certificate_type_get_name(uint id);
}
