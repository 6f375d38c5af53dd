namespace Mandos.TlsBouncy.Priority;

/// <summary>
/// What a priority string allows, most preferred first, by GnuTLS's names. Equal to the lists of <c>gnutls-cli --list --priority</c>, with
/// what other programs than ours may use.
/// </summary>
internal sealed class PrioritySettings
{
    /// <summary>The option that leaves out all extensions, without which there are neither raw keys nor TLS 1.3.</summary>
    public const string NoExtensions = "%NO_EXTENSIONS";

    private static readonly string[] _pskKeyExchanges = ["PSK", "DHE-PSK", "ECDHE-PSK"];

    /// <summary>Key exchanges with which GnuTLS does without TLS 1.3.</summary>
    private static readonly string[] _oldKeyExchanges = ["SRP", "SRP-RSA", "SRP-DSS", "RSA-PSK"];

    /// <summary>Groups that TLS 1.3 has not.</summary>
    private static readonly string[] _oldGroups = ["GC256A", "GC256C", "GC256D", "GC512B", "GC512C"];

    private readonly Dictionary<PriorityList, List<string>> _lists = Enum.GetValues<PriorityList>().ToDictionary(list => list, _ => new List<string>());

    /// <summary>Starts as GnuTLS does before the first word.</summary>
    public PrioritySettings()
    {
        Versions.AddRange(PriorityKeywords.UsualVersions);
        Groups.AddRange(PriorityLevel.Normal.Groups);
        Signatures.AddRange(PriorityLevel.Normal.Signatures);
        ClientCertificateTypes.Add("X.509");
        ServerCertificateTypes.Add("X.509");
    }

    /// <summary>Protocol versions.</summary>
    public List<string> Versions => _lists[PriorityList.Versions];

    /// <summary>Ciphers.</summary>
    public List<string> Ciphers => _lists[PriorityList.Ciphers];

    /// <summary>Message authentication codes.</summary>
    public List<string> Macs => _lists[PriorityList.Macs];

    /// <summary>Key exchanges of TLS up to 1.2.</summary>
    public List<string> KeyExchanges => _lists[PriorityList.KeyExchanges];

    /// <summary>Groups.</summary>
    public List<string> Groups => _lists[PriorityList.Groups];

    /// <summary>Groups that the string names one by one, rather than with a level or all: then their order is meant.</summary>
    public HashSet<string> NamedGroups { get; } = new(StringComparer.Ordinal);

    /// <summary>Signature algorithms.</summary>
    public List<string> Signatures => _lists[PriorityList.Signatures];

    /// <summary>What a TLS client may present.</summary>
    public List<string> ClientCertificateTypes { get; } = [];

    /// <summary>What a TLS server may present, which is what a Mandos client is.</summary>
    public List<string> ServerCertificateTypes { get; } = [];

    /// <summary>Bits of the smallest prime for Diffie-Hellman in TLS up to 1.2.</summary>
    public int MinDhBits { get; set; } = DhProfile.Low;

    /// <summary>The words with <c>%</c>, except profiles.</summary>
    public HashSet<string> Options { get; } = new(StringComparer.Ordinal);

    /// <summary>Words with a sign that were passed over, fit for a log, with their offsets in the string.</summary>
    public List<(string Word, int Offset)> Unknown { get; } = [];

    /// <summary>Empties everything, for <c>NONE</c>.</summary>
    public void Clear()
    {
        foreach (List<string> list in _lists.Values)
        {
            list.Clear();
        }

        ClientCertificateTypes.Clear();
        ServerCertificateTypes.Clear();
    }

    /// <summary>Takes the place of whatever the lists of a level were before.</summary>
    public void Replace(PriorityLevel level)
    {
        foreach (PriorityList list in Enum.GetValues<PriorityList>().Where(list => list != PriorityList.Versions))
        {
            _lists[list].Clear();
        }

        if (level.IsSuiteB)
        {
            Versions.Clear();
        }

        MinDhBits = level.MinDhBits;
        Add(level);
    }

    /// <summary>Appends what a level has and the lists have not.</summary>
    public void Add(PriorityLevel level)
    {
        if (level.IsSuiteB)
        {
            Add(PriorityList.Versions, ["TLS1.2"]);
        }

        Add(PriorityList.Ciphers, level.Ciphers);
        Add(PriorityList.Macs, level.Macs);
        Add(PriorityList.KeyExchanges, level.KeyExchanges);
        Add(PriorityList.Groups, level.Groups);
        Add(PriorityList.Signatures, level.Signatures);
    }

    /// <summary>Appends what a list has not.</summary>
    public void Add(PriorityList list, IEnumerable<string> names) => Add(_lists[list], names);

    /// <summary>Appends what a list has not.</summary>
    public static void Add(List<string> list, IEnumerable<string> names) => list.AddRange(names.Except(list).ToArray());

    /// <summary>Removes names from a list.</summary>
    public void Remove(PriorityList list, IEnumerable<string> names) => _lists[list].RemoveAll(names.Contains);

    /// <summary>Empties a list.</summary>
    public void Clear(PriorityList list) => _lists[list].Clear();

    /// <summary>Removes what cannot be used together with the rest, as GnuTLS does at the end of a string.</summary>
    public void Complete()
    {
        bool hasPsk = KeyExchanges.Intersect(_pskKeyExchanges).Any();
        if (Versions is ["TLS1.3"] && !hasPsk)
        {
            KeyExchanges.Clear();
        }

        if (Ciphers.Contains("NULL")
            || Options.Contains(NoExtensions)
            || KeyExchanges.Intersect(_oldKeyExchanges).Any())
        {
            Versions.Remove("TLS1.3");
        }

        bool canSign12 = Versions.Exists(version => version != "TLS1.3") && Signatures.Exists(SignatureNames.IsForTls12);
        bool canSign13 = Versions.Contains("TLS1.3") && Signatures.Exists(SignatureNames.IsForTls13);
        if (!canSign12 && !canSign13)
        {
            Remove(PriorityList.Versions, ["TLS1.3", "TLS1.2", "DTLS1.2"]);
        }

        // Only now: algorithms that sign in TLS 1.3 have kept TLS 1.2, though they may not sign there.
        if (!hasPsk && !Groups.Except(_oldGroups).Any())
        {
            Versions.Remove("TLS1.3");
        }

        // A server without TLS 1.2 could not tell that we allow both more and less.
        if (!Versions.Contains("TLS1.2") && Versions.Exists(version => version is "TLS1.1" or "TLS1.0"))
        {
            Versions.Remove("TLS1.3");
        }
    }
}
