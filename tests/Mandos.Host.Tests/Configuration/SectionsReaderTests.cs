using System.Text;
using Mandos.Host.Configuration;
using Mandos.TestKit;

namespace Mandos.Host.Tests.Configuration;

public sealed class SectionsReaderTests : IDisposable
{
    private const string KeyId = "788CD77115CD0BB7B2D5E0AE8496F6B48149D5E712C652076B1FD2D957EF7C1F";
    private const string OtherKeyId = "F90C7A81D72D1EA69A51031A91FF8885F36C8B46D155C8C58709A4C99AE9E361";
    private const string Fingerprint = "778827225BA7DE539C5A7CFA59CFF7CDBD9A5920";

    /// <summary>A key for a client and encrypted data: RFC 9580 sections 5.1 and 5.13, without what is in them.</summary>
    private static readonly string _secret = Convert.ToBase64String([0xC1, 2, 3, 0, 0xD2, 3, 1, 0, 0]);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_TwoClients_HaveTheirLinesAndTheDefaultsOfTheFiles()
    {
        _directory.Write("clients.conf", $"[DEFAULT]\ntimeout = PT7M\n[old]\nkey_id={OtherKeyId}\nsecret={_secret}\n");

        SectionsResult read = Read($"# made today\n[a]\nkey_id={KeyId}\nsecret =\n  {_secret}\n\n[b]\nfingerprint={Fingerprint}\nsecret={_secret}\n");

        Assert.Empty(read.Problems);
        Assert.Empty(read.Warnings);
        Assert.Equal([("a", 2), ("b", 7)], read.Clients.Select(static client => (client.Client.Definition.Name, client.Line)));
        Assert.All(read.Clients, static client => Assert.Equal(TimeSpan.FromMinutes(7), client.Client.Definition.Settings.Timeout));
    }

    [Theory]
    [InlineData("", "input: has no [name] with options below it; give it what mandos-keygen --password prints on the client")]
    [InlineData("[DEFAULT]\nchecker = true\n[a]\nkey_id=K\nsecret=S", "input:2: [DEFAULT] is for all clients; write it into clients.conf by hand, and leave it out here")]
    [InlineData("[a]\nkey_id=K\nsecfile=/etc/shadow", "input:3: secfile: names a file of the server; the secret itself has to be here, as secret")]
    [InlineData("[a]\nkey_id=K\nsecret=c2VzYW1l", "input:1: [a] secret: is not OpenPGP data, so that no client can use it; take it from the client's mandos-keygen --password")]
    [InlineData("[a]\nkey_id=K\nsecret=wQIDANIDAQA=", "input:1: [a] secret: is cut short: an OpenPGP packet in it is longer than what there is, so that no client can use it; "
        + "take it from the client's mandos-keygen --password")]
    [InlineData("[a]\nkey_id=K\nsecret=ywNiAAA=", "input:1: [a] secret: is OpenPGP data that is not encrypted with a client's key, so that no client can use it; "
        + "take it from the client's mandos-keygen --password")]
    [InlineData("[a]\nkey_id=K", "input:1: client [a] has neither secret nor secfile; it needs one")]
    [InlineData("[a]\nsecret=S", "input:1: client [a] has neither key_id nor fingerprint, so it is left out; it needs one")]
    [InlineData("  [a]\nkey_id=K\nsecret=S", "input:1: [a] has blanks before it; a section begins at the beginning of a line")]
    [InlineData("[a]\nkey_id=K\nsecret=S\n[a]\nkey_id=F\nsecret=S", "input:4: section [a] is defined twice, first at input:1")]
    public void Read_MistakeInTheInput_IsAProblem(string text, string problem)
    {
        _directory.Write("clients.conf", "");

        SectionsResult read = Read(text.Replace("=K", $"={KeyId}", StringComparison.Ordinal).Replace("=F", $"={OtherKeyId}", StringComparison.Ordinal)
            .Replace("=S", $"={_secret}", StringComparison.Ordinal));

        Assert.Contains(problem, read.Problems.Select(static one => one.ToString()));
    }

    [Fact]
    public void Read_FileThatCannotBeRead_AdvisesNobodyToLetTheServerReadIt()
    {
        _directory.Write("clients.conf", "");

        SectionsResult read = Read($"[a]\nsecfile=/nonexistent/shadow\nkey_id={KeyId}\n");

        Assert.Equal("input:2: secfile: names a file of the server; the secret itself has to be here, as secret", Assert.Single(read.Problems).ToString());
    }

    [Fact]
    public void Read_NameOfAnotherClient_NamesBothPlaces()
    {
        string other = _directory.Write("clients.d/x.conf", $"\n[a]\nkey_id={OtherKeyId}\nsecret={_secret}\n");

        SectionsResult read = Read($"[a]\nkey_id={KeyId}\nsecret={_secret}\n");

        Assert.Equal([$"input:1: section [a] is defined twice, first at {other}:2"], read.Problems.Select(static problem => problem.ToString()));
    }

    [Theory]
    [InlineData("key_id")]
    [InlineData("fingerprint")]
    public void Read_KeyOfAnotherClient_IsAProblem(string option)
    {
        string file = _directory.Write("clients.conf", $"[old]\nkey_id={KeyId}\nfingerprint={Fingerprint}\nsecret={_secret}\n");
        bool isKeyId = option == "key_id";

        SectionsResult read = Read(
            $"[a]\nkey_id={(isKeyId ? KeyId : OtherKeyId)}\nfingerprint={(isKeyId ? new string('7', 40) : Fingerprint)}\nsecret={_secret}\n");

        ConfigProblem problem = Assert.Single(read.Problems);
        Assert.StartsWith($"{option}: is that of client [old] too, at {file}:{(isKeyId ? 2 : 3)}", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FilesThatCannotBeRead_CannotBeCompared()
    {
        Directory.CreateDirectory(_directory.PathOf("clients.d"));
        File.CreateSymbolicLink(_directory.PathOf("clients.d/gone.conf"), "/nonexistent");

        SectionsResult read = Read($"[a]\nkey_id={KeyId}\nsecret={_secret}\n");

        Assert.Equal(
            [$"{_directory.PathOf("clients.d/gone.conf")}: cannot be read: no such file (so nobody can tell whether another client has the name or key)"],
            read.Problems.Select(static problem => problem.ToString()));
    }

    [Fact]
    public void Read_MistakeOfAnotherClient_DoesNotConcernIt()
    {
        _directory.Write("clients.conf", $"[old]\nkey_id=nonsense\nsecret={_secret}\n");

        SectionsResult read = Read($"[a]\nkey_id={KeyId}\nsecret={_secret}\n");

        Assert.Empty(read.Problems);
        Assert.Single(read.Clients);
    }

    private SectionsResult Read(string text) => SectionsReader.Read(_directory.FullName, Encoding.UTF8.GetBytes(text));
}
