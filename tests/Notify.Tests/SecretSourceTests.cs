using Mandos.Notify.Settings;
using Mandos.TestKit;

namespace Notify.Tests;

/// <summary>Where tokens and passwords are read from.</summary>
public sealed class SecretSourceTests : IDisposable
{
    private const string CredentialsVariable = "CREDENTIALS_DIRECTORY";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(CredentialsVariable, null);
        _directory.Dispose();
    }

    [Theory]
    [InlineData("token")]
    [InlineData("token\n")]
    [InlineData("token\r\n\n")]
    public void Read_File_GivesItsWord(string text) => Assert.Equal("token", Of(_directory.Write("file", text)).Read());

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\n", "is empty")]
    [InlineData("hunter2 hunter3", "has more than one word of ASCII characters in it")]
    [InlineData("hunter2\nhunter3", "has more than one word of ASCII characters in it")]
    [InlineData("hünter2", "has more than one word of ASCII characters in it")]
    public void Read_WhatIsNoToken_IsRefusedWithoutIt(string text, string reason)
    {
        string file = _directory.Write("file", text);

        Assert.Equal($"{file} {reason}", Assert.Throws<SecretException>(() => Of(file).Read()).Message);
    }

    [Fact]
    public void Read_WhatIsNotThereOrNoFileOrTooLong_IsRefused()
    {
        string none = _directory.PathOf("none");
        string large = _directory.Write("large", new string('x', (16 << 10) + 1));

        Assert.Equal($"{none} is not there", Assert.Throws<SecretException>(() => Of(none).Read()).Message);
        Assert.Equal($"{large} is longer than 16 KiB", Assert.Throws<SecretException>(() => Of(large).Read()).Message);
        Assert.Throws<SecretException>(() => Of(_directory.FullName).Read());
    }

    [Fact]
    public void Read_Credential_IsThatOfTheService()
    {
        var source = new SecretSource(null, "ntfy");
        Assert.Equal(
            "the credential ntfy is not there: the service has none (LoadCredential= in its unit)", Assert.Throws<SecretException>(() => source.Read()).Message);

        Environment.SetEnvironmentVariable(CredentialsVariable, _directory.FullName);
        Assert.Equal("the credential ntfy is not there", Assert.Throws<SecretException>(() => source.Read()).Message);
        _directory.Write("ntfy", "token\n");

        Assert.Equal("token", source.Read());
    }

    private static SecretSource Of(string path) => new(path, null);
}
