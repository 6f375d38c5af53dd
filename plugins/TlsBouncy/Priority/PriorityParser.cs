using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Limits;
using static Mandos.TlsBouncy.Priority.PriorityKeywords;

namespace Mandos.TlsBouncy.Priority;

/// <summary>Reads priority strings with the syntax and meaning of GnuTLS, described in its manual under “Priority strings”.</summary>
/// <remarks>Where we differ on purpose is in docs/priority-strings.md.</remarks>
internal sealed class PriorityParser
{
    private readonly string _text;
    private readonly PrioritySettings _settings = new();

    /// <summary>Whether the next level is added to the lists rather than taking their place.</summary>
    private bool _hasLevel;

    /// <summary>The word that is being read, without spaces before it, and where it begins.</summary>
    private string _word = "";
    private int _offset;

    private PriorityParser(string text) => _text = text;

    /// <summary>Reads a string.</summary>
    /// <param name="text">The string.</param>
    /// <exception cref="PriorityStringException">It is malformed; says where and what is allowed there.</exception>
    public static PrioritySettings Parse(string text)
    {
        if (text.Length > TlsLimits.PriorityLength)
        {
            throw new PriorityStringException($"the priority string has {text.Length} characters; {TlsLimits.PriorityLength} are allowed", TlsLimits.PriorityLength);
        }

        PriorityParser parser = new(text);
        parser.ReadAll();
        parser._settings.Complete();
        return parser._settings;
    }

    private void ReadAll()
    {
        foreach (Range range in _text.AsSpan().Split(':'))
        {
            // As GnuTLS: any white space before the first word, spaces before the others
            ReadOnlySpan<char> word = range.Start.Value == 0 ? _text.AsSpan(range).TrimStart() : _text.AsSpan(range).TrimStart(' ');
            _offset = range.End.Value - word.Length;
            _word = word.ToString();
            ReadWord(isFirst: range.Start.Value == 0);
        }
    }

    private void ReadWord(bool isFirst)
    {
        if (isFirst && _word.Equals("NONE", StringComparison.OrdinalIgnoreCase))
        {
            _settings.Clear();
            _hasLevel = true;
        }
        else if (PriorityLevel.All.TryGetValue(_word, out PriorityLevel? level))
        {
            ReadLevel(level);
        }
        else if (_word is ['%', ..])
        {
            ReadOption();
        }
        else if (_word is ['+' or '-' or '!', ..])
        {
            ReadChange(isAddition: _word[0] == '+', _word[1..].ToUpperInvariant());
        }
        else if (_word is ['@', ..])
        {
            Fail("is a name from GnuTLS's system-wide configuration, which this server does not read; write what it stands for");
        }
        else
        {
            Fail(_word.Length == 0 ? "is empty" : "is unknown", [.. PriorityLevel.All.Keys, "NONE at the beginning", "or a word with +, -, ! or %"]);
        }
    }

    private void ReadLevel(PriorityLevel level)
    {
        if (_hasLevel)
        {
            _settings.Add(level);
        }
        else
        {
            _settings.Replace(level);
            _hasLevel = true;
        }
    }

    private void ReadOption()
    {
        if (_word.StartsWith(ProfilePrefix, StringComparison.Ordinal))
        {
            if (DhProfile.All.TryGetValue(_word[ProfilePrefix.Length..], out int bits))
            {
                _settings.MinDhBits = bits;
            }
            else
            {
                PassOver();
            }
        }
        else if (PriorityKeywords.Options.Contains(_word))
        {
            _settings.Options.Add(_word);
        }
        else
        {
            PassOver();
        }
    }

    /// <summary>A newer GnuTLS may know the word. A server that does not start for it would help nobody.</summary>
    private void PassOver()
    {
        if (_word.Length == 1)
        {
            Fail("is not complete");
        }

        _settings.Unknown.Add((Show(_word), _offset));
    }

    private void ReadChange(bool isAddition, string name)
    {
        if (isAddition && PriorityLevel.All.TryGetValue(name, out PriorityLevel? level))
        {
            _settings.Add(level);
        }
        else if (Collections.TryGetValue(name, out PriorityCollection? collection))
        {
            Change(isAddition, collection);
        }
        else if (name is "GOST" or "GOST-ALL")
        {
            foreach ((_, PriorityCollection part) in Collections.Where(c => c.Key.EndsWith("-GOST-ALL", StringComparison.Ordinal)))
            {
                Change(isAddition, part);
            }
        }
        else if (name.StartsWith(CertificateTypePrefix, StringComparison.Ordinal))
        {
            ChangeCertificateType(isAddition, name[CertificateTypePrefix.Length..]);
        }
        else if (name.StartsWith(CompressionPrefix, StringComparison.Ordinal) || Gone.Contains(name))
        {
            // Nothing to change.
        }
        else
        {
            ChangeOne(isAddition, name);
        }
    }

    private void Change(bool isAddition, PriorityCollection collection)
    {
        if (isAddition)
        {
            _settings.Add(collection.List, collection.Added);
        }
        else if (collection.Removed is { } removed)
        {
            _settings.Remove(collection.List, removed);
        }
        else
        {
            _settings.Clear(collection.List);
        }
    }

    private void ChangeOne(bool isAddition, string name)
    {
        (PriorityList list, string? found) = name switch
        {
            _ when name.StartsWith(VersionPrefix, StringComparison.Ordinal) => (PriorityList.Versions, Find(PriorityKeywords.Versions, VersionPrefix)),
            _ when name.StartsWith(GroupPrefix, StringComparison.Ordinal) => (PriorityList.Groups, Find(PriorityKeywords.Groups, GroupPrefix)),
            _ when name.StartsWith(CurvePrefix, StringComparison.Ordinal) => (PriorityList.Groups, Find(Curves, CurvePrefix)),
            _ when name.StartsWith(SignaturePrefix, StringComparison.Ordinal) => (PriorityList.Signatures, Find(PriorityKeywords.Signatures, SignaturePrefix)),
            _ when PriorityKeywords.Find(PriorityKeywords.Ciphers, name) is { } cipher => (PriorityList.Ciphers, cipher),
            _ when PriorityKeywords.Find(PriorityKeywords.Macs, name) is { } mac => (PriorityList.Macs, mac),
            _ => (PriorityList.KeyExchanges, PriorityKeywords.Find(PriorityKeywords.KeyExchanges, name)),
        };
        if (found is null)
        {
            if (PriorityLevel.All.ContainsKey(name) || name == "NONE")
            {
                Fail(isAddition ? "is not possible: NONE can only begin a string" : "is not possible: levels can only be added");
            }

            PassOver();
        }
        else if (isAddition)
        {
            _settings.Add(list, [found]);
            if (list == PriorityList.Groups)
            {
                _settings.NamedGroups.Add(found);
            }
        }
        else
        {
            _settings.Remove(list, [found]);
        }
    }

    private void ChangeCertificateType(bool isAddition, string name)
    {
        bool forClient = !name.StartsWith("SRV-", StringComparison.Ordinal);
        bool forServer = !name.StartsWith("CLI-", StringComparison.Ordinal);
        string type = forClient && forServer ? name : name[4..];
        string[]? types = type switch
        {
            "ALL" => ["X.509", "RAWPK"],
            "X509" => ["X.509"],
            "X.509" or "RAWPK" => [type],
            "OPENPGP" when forClient && forServer => [type],
            _ => null,
        };
        if (types is null)
        {
            PassOver();
            return;
        }

        foreach (List<string> list in (List<string>[])
            [.. forClient ? [_settings.ClientCertificateTypes] : (List<string>[])[], .. forServer ? [_settings.ServerCertificateTypes] : (List<string>[])[]])
        {
            if (isAddition)
            {
                PrioritySettings.Add(list, types);
            }
            else
            {
                list.RemoveAll(known => types.Contains(known) || type == "ALL");
            }
        }
    }

    private string? Find(FrozenSet<string> names, string prefix) => PriorityKeywords.Find(names, _word[(1 + prefix.Length)..]);

    [DoesNotReturn]
    private void Fail(string problem, IEnumerable<string>? allowed = null)
    {
        string there = allowed is null ? "" : $"; allowed there: {string.Join(", ", allowed)}";
        throw new PriorityStringException($"priority string, offset {_offset}: “{Show(_word)}” {problem}{there}", _offset);
    }

    private static string Show(string word)
    {
        const int enough = 60;
        string text = word.Length > enough ? word[..enough] + "…" : word;
        return string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
    }
}
