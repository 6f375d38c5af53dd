using System.Text;
using Mandos.Engine.Clients;
using Mandos.Host.Configuration;

namespace Mandos.Host.Tests.Configuration;

/// <summary>The options of the next key.</summary>
public sealed partial class ClientFileReaderTests
{
    private const string ThirdKeyId = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF";

    private const string Least = $"[foo]\nkey_id={KeyId}\nsecret={Secret}\n";

    private static string? NextText(ClientDefinition client) => client.Next is { } next ? Encoding.UTF8.GetString(next.Secret.Memory.Span) : null;

    [Fact]
    public void Read_NextKey_StandsBesideThePresentOne()
    {
        Write($"{Least}next_key_id={OtherKeyId.ToLowerInvariant()}\nnext_secret={Secret}\n[bar]\nkey_id={ThirdKeyId}\nsecret={Secret}\n");

        ClientFileResult result = Read();

        Assert.Empty(result.Problems);
        ClientDefinition[] clients = [.. result.Clients!];
        Assert.Equal((KeyId, OtherKeyId, "sesame"), (clients[0].Settings.KeyId, clients[0].Next?.KeyId, NextText(clients[0])));
        Assert.Empty(clients[0].Settings.Options);
        Assert.Null(clients[1].Next);
    }

    [Fact]
    public void Read_NextSecfile_IsRead()
    {
        string path = _directory.PathOf("next");
        File.WriteAllText(path, "from a file");
        Write($"{Least}next_key_id={OtherKeyId}\nnext_secfile={path}\n");

        Assert.Equal("from a file", NextText(Assert.Single(Read().Clients!)));
    }

    [Theory]
    [InlineData("next_key_id=" + OtherKeyId, "4: next_key_id: has neither next_secret nor next_secfile; each needs the other")]
    [InlineData("next_secret=" + Secret, "4: next_secret: has no next_key_id; each needs the other")]
    [InlineData("next_secfile=/nonexistent", "4: next_secfile: has no next_key_id; each needs the other")]
    [InlineData("next_key_id=12\nnext_secret=" + Secret, "4: next_key_id: is not 64 hexadecimal digits but 2")]
    [InlineData("next_key_id=\nnext_secret=" + Secret, "4: next_key_id: is empty; without a next key, leave it and the next secret out")]
    [InlineData("next_key_id=" + OtherKeyId + "\nnext_secret=c2VzYW1", "5: next_secret: " + NoBase64)]
    [InlineData("next_key_id=" + OtherKeyId + "\nnext_secfile=/nonexistent/x", "5: next_secfile: \"/nonexistent/x\" cannot be read: no such file")]
    [InlineData("next_key_id=" + KeyId + "\nnext_secret=" + Secret, "4: next_key_id: is the key that the client has already; the next one has to be another")]
    [InlineData("next_key_id=%(nosuch)s\nnext_secret=" + Secret, null)]
    public void Read_BadNextKey_CostsThePresentOneNothing(string options, string? problem)
    {
        Write($"{Least}{options}\n");

        ClientFileResult result = Read();

        Assert.EndsWith(problem ?? "", Assert.Single(result.Problems).ToString(), StringComparison.Ordinal);
        AssertPresentKeysAlone(result, "foo");
    }

    [Fact]
    public void Read_NextKeyIsThatOfAnotherClient_CostsThatOneNothing()
    {
        Write($"{Least}next_key_id={OtherKeyId}\nnext_secret={Secret}\n[bar]\nkey_id={OtherKeyId}\nsecret={Secret}\n");

        ClientFileResult result = Read();

        Assert.EndsWith($"7: key_id: is that of client [foo] too, at {_directory.FullName}/clients.conf:4; each client needs its own",
            Assert.Single(result.Problems).ToString(), StringComparison.Ordinal);
        Assert.Equal([true, false], result.Clients!.Select(static client => client.IsNextFaulty));
        AssertPresentKeysAlone(result, "foo", "bar");
    }

    [Theory]
    [InlineData("[bar]\nkey_id=" + OtherKeyId + "\nsecret=" + Secret, "2: key_id: is that of client [foo] too, at ")]
    [InlineData("[bar]\nkey_id=" + ThirdKeyId + "\nsecret=" + Secret + "\nnext_key_id=" + OtherKeyId + "\nnext_secret=" + Secret, "4: next_key_id: is that of client [foo] too, at ")]
    public void Read_SectionWithTheNextKeyOfAClient_IsRefused(string section, string problem)
    {
        Write($"{Least}next_key_id={OtherKeyId}\nnext_secret={Secret}\n");

        SectionsResult result = SectionsReader.Read(_directory.FullName, Encoding.UTF8.GetBytes(section + "\n"));

        Assert.Contains(result.Problems, fault => fault.ToString().StartsWith($"{SectionsReader.Source}:{problem}", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_NextKeysAreEqual_NeitherHasOne()
    {
        Write($"{Least}next_key_id={ThirdKeyId}\nnext_secret={Secret}\n[bar]\nkey_id={OtherKeyId}\nsecret={Secret}\nnext_key_id={ThirdKeyId}\nnext_secret={Secret}\n");

        ClientFileResult result = Read();

        Assert.EndsWith($"9: next_key_id: is that of client [foo] too, at {_directory.FullName}/clients.conf:4; each client needs its own",
            Assert.Single(result.Problems).ToString(), StringComparison.Ordinal);
        Assert.All(result.Clients!, static client => Assert.True(client.IsNextFaulty));
        AssertPresentKeysAlone(result, "foo", "bar");
    }

    [Fact]
    public void Read_NextSecretThatNoClientCanUse_Warns()
    {
        Write($"{Least}next_key_id={OtherKeyId}\nnext_secret={Secret}\n");

        Assert.Contains(Read().Warnings, static warning => warning.Line == 5 && warning.Message.StartsWith("next_secret: ", StringComparison.Ordinal));
    }

    private static void AssertPresentKeysAlone(ClientFileResult result, params IEnumerable<string> clients)
    {
        Assert.Empty(result.LeftOut);
        Assert.Equal(clients, result.Clients!.Select(static client => client.Name));
        Assert.All(result.Clients!, static client => Assert.Null(client.Next));
    }
}
