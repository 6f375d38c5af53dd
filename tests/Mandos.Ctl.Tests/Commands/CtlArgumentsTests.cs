using Mandos.Abstractions.Clients;
using Mandos.Ctl.Commands;

namespace Mandos.Ctl.Tests.Commands;

public sealed class CtlArgumentsTests
{
    [Theory]
    [InlineData("--timeout=PT5M", "a")]
    [InlineData("--time", "PT5M", "a")]
    [InlineData("-tPT5M", "a")]
    [InlineData("-t=PT5M", "a")]
    [InlineData("a", "-t", "PT5M")]
    [InlineData("-ebtPT5M", "--", "a")]
    public void Parse_EachForm_IsUnderstood(params string[] arguments)
    {
        var given = CtlArguments.Parse(arguments);

        Assert.Equal("PT5M", given.Get("timeout"));
        Assert.Equal(["a"], given.Clients);
    }

    [Theory]
    [InlineData("--for goes with --expect-reboot.", "--for", "x", "-e", "a")]
    [InlineData("--no-approval goes with --expect-reboot.", "--no-approval", "a")]
    [InlineData("--valid goes with --rehearse or --invite.", "--valid", "PT1H", "a")]
    [InlineData("option --no-reboot does not go with --expect-reboot", "--expect-reboot", "PT1H", "--no-reboot", "a")]
    [InlineData("Options require clients names or --all.", "--expect-reboot", "PT1H")]
    [InlineData("--unproven takes no names.", "--unproven", "a")]
    [InlineData("--rotation takes no names.", "--rotation", "a")]
    [InlineData("--rotate does not go with --enable.", "--rotate", "--enable")]
    [InlineData("--rotate does not go with --tidy.", "--tidy", "--rotate", "--dry-run")]
    [InlineData("Options require clients names or --all.", "--promote")]
    public void Parse_RebootThatDoesNotFit_SaysWhy(string message, params string[] arguments)
        => Assert.Equal(message, Assert.Throws<UsageException>(() => CtlArguments.Parse(arguments)).Message);

    [Fact]
    public void Parse_ChoiceThatThereIsNot_SaysWhichThereAre()
    {
        Assert.Equal("hold", SettingOption.Parse(ClientSetting.WhenCutOff, "hold"));
        Assert.Equal(
            "option --when-cut-off: “never” is not allowed: it must be refuse, hold or serve",
            Assert.Throws<UsageException>(() => SettingOption.Parse(ClientSetting.WhenCutOff, "never")).Message);
    }

    [Fact]
    public void Parse_ClientsTwice_AreTakenOnceInOrder()
        => Assert.Equal(["zoo", "alpha"], CtlArguments.Parse(["zoo", "zoo", "alpha"]).Clients);

    [Theory]
    [InlineData(17UL, true, "--approve-request", "17")]
    [InlineData(ulong.MaxValue, false, "--deny-request=18446744073709551615", "--debug")]
    public void Parse_Decision_IsOfOneRequest(ulong id, bool approve, params string[] arguments)
        => Assert.Equal((id, approve), CtlArguments.Parse(arguments).Decision);

    [Fact]
    public void Parse_Requests_AreOfAllOrOfSomeClients()
    {
        Assert.True(CtlArguments.Parse(["--requests"]).Has("requests"));
        Assert.Equal(["a"], CtlArguments.Parse(["--requests", "a"]).Clients);
        Assert.Null(CtlArguments.Parse(["--approve", "a"]).Decision);
    }

    // "--re" and "--deny-" are Debian's abbreviations
    [Theory]
    [InlineData("remove", "--re", "a")]
    [InlineData("deny-by-default", "--deny-", "a")]
    [InlineData("requests", "--req")]
    [InlineData("secret", "--se", "-", "a")]
    [InlineData("servers", "--ser")]
    [InlineData("names", "--na")]
    [InlineData("deny-request", "--deny-r", "1")]
    [InlineData("timeout", "--t", "PT5M", "a")]
    [InlineData("socket", "--so", "/x")]
    [InlineData("tokens", "--to")]
    public void Parse_Abbreviation_MeansWhatItMeansToDebians(string option, params string[] arguments)
        => Assert.True(CtlArguments.Parse(arguments).Has(option));

    [Theory]
    [InlineData("--approve-request", "x")]
    [InlineData("--approve-request", "-1")]
    [InlineData("--approve-request", "18446744073709551616")]
    [InlineData("--approve-request")]
    [InlineData("--approve-request", "1", "a")]
    [InlineData("--approve-request", "1", "--all")]
    [InlineData("--approve-request", "1", "--deny-request", "2")]
    [InlineData("--deny-request", "1", "--disable", "a")]
    [InlineData("--deny-request", "1", "--requests")]
    [InlineData("--requests", "--dump-json")]
    [InlineData("--requests", "--enable", "a")]
    public void Parse_RequestsThatDoNotFit_AreRefused(params string[] arguments)
        => Assert.Throws<UsageException>(() => CtlArguments.Parse(arguments));

    [Theory]
    [InlineData("--tokens")]
    [InlineData("--tok", "--socket=/x", "--debug")]
    [InlineData("--add-token", "phone", "--scope", "approve")]
    [InlineData("--scope=read", "--add-token=phone", "--socket", "/x")]
    [InlineData("--revoke-token", "phone")]
    public void Parse_Tokens_AreUnderstood(params string[] arguments) => Assert.True(CtlArguments.Parse(arguments).HasTokens);

    [Theory]
    [InlineData("--add-token", "phone")]
    [InlineData("--add-token", "phone", "--scope", "all")]
    [InlineData("--scope", "read")]
    [InlineData("--scope", "read", "--enable", "a")]
    [InlineData("--add-token", "phone", "--scope", "read", "a")]
    [InlineData("--add-token", "phone", "--scope", "read", "--all")]
    [InlineData("--tokens", "a")]
    [InlineData("--tokens", "--revoke-token", "a")]
    [InlineData("--revoke-token", "phone", "--scope", "read")]
    [InlineData("--reload", "a")]
    [InlineData("--reload", "--requests")]
    [InlineData("--socket")]
    public void Parse_TokensThatDoNotFit_AreRefused(params string[] arguments)
        => Assert.Throws<UsageException>(() => CtlArguments.Parse(arguments));

    [Fact]
    public void Parse_Socket_GoesWithEverything()
    {
        Assert.Equal((17UL, true), CtlArguments.Parse(["--approve-request", "17", "--socket=/x"]).Decision);
        Assert.False(CtlArguments.Parse(["--socket", "/x"]).HasAction);
        Assert.True(CtlArguments.Parse(["--socket", "/x", "-e", "a"]).HasAction);
        Assert.True(CtlArguments.Parse(["--socket", "/x", "-V", "a"]).Has("is-enabled"));
        Assert.True(CtlArguments.Parse(["--reload", "--socket", "/x"]).Has("reload"));
    }

    [Fact]
    public void Parse_Add_TakesFiles()
    {
        Assert.Equal(["a.txt", "-"], CtlArguments.Parse(["--add", "--dry-run", "--configdir=/x", "--socket", "/y", "a.txt", "-"]).Clients);
        Assert.Equal(["root@b", "c"], CtlArguments.Parse(["--add", "--also", "root@b, c"]).Others.Select(static other => other.Name));
        Assert.Equal("/etc/mandos", CtlArguments.Parse(["--add"]).ConfigDirectory);
        Assert.Equal("/x", CtlArguments.Parse(["--purge", "a", "--configdir", "/x"]).ConfigDirectory);
    }

    [Theory]
    [InlineData("--add", "--all")]
    [InlineData("--add", "--enable")]
    [InlineData("--add", "--remove", "a")]
    [InlineData("--add", "--requests")]
    [InlineData("--dry-run")]
    [InlineData("--dry-run", "--purge", "a")]
    [InlineData("--also", "b")]
    [InlineData("--add", "--also=")]
    [InlineData("--add", "--also=b,,c")]
    [InlineData("--add", "--also=b,-oProxyCommand=x")]
    [InlineData("--add", "--also=b c")]
    [InlineData("--purge")]
    [InlineData("--purge", "--all")]
    [InlineData("--purge", "--remove", "a")]
    [InlineData("--configdir", "/x")]
    [InlineData("--configdir", "/x", "--enable", "a")]
    public void Parse_FilesThatDoNotFit_AreRefused(params string[] arguments)
        => Assert.Throws<UsageException>(() => CtlArguments.Parse(arguments));

    // Debian's refuses all of them with status 2, but for is-enabled with more.
    [Theory]
    [InlineData("--nosuch")]
    [InlineData("-x")]
    [InlineData("--enable")]
    [InlineData("--all")]
    [InlineData("--all", "a")]
    [InlineData("--dump-json", "--all")]
    [InlineData("-v", "-j")]
    [InlineData("-v", "-e", "a")]
    [InlineData("-e", "-d", "a")]
    [InlineData("-A", "-D", "a")]
    [InlineData("-V", "a", "b")]
    [InlineData("-V", "-a")]
    [InlineData("-V", "-e", "a")]
    [InlineData("-r", "-e", "a")]
    [InlineData("-H")]
    [InlineData("--forget")]
    [InlineData("--forget", "--all")]
    [InlineData("--forget", "-e", "a")]
    [InlineData("--kept", "a")]
    [InlineData("--kept", "-v")]
    [InlineData("--servers", "a")]
    [InlineData("--servers", "--dump-json")]
    [InlineData("--servers", "--disable", "a")]
    [InlineData("--enable=x", "a")]
    [InlineData("--approv", "a")]
    public void Parse_WhatDoesNotFit_IsRefused(params string[] arguments)
        => Assert.Throws<UsageException>(() => CtlArguments.Parse(arguments));

    [Fact]
    public void Of_RemoveAndDeny_DeniesFirst()
    {
        Assert.Equal(2, ClientActions.Of(CtlArguments.Parse(["--remove", "--deny", "a"]), null).Count);
        Assert.Throws<UsageException>(() => ClientActions.Of(CtlArguments.Parse(["--timeout", "x", "a"]), null));
    }

    [Fact]
    public void Read_SecretTooLargeOrMissing_IsRefused()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Assert.Throws<UsageException>(() => SecretFile.Read(file));
        try
        {
            File.WriteAllBytes(file, new byte[ClientLimits.SecretBytes + 1]);
            Assert.Throws<UsageException>(() => SecretFile.Read(file));
            File.WriteAllText(file, "secret\n");
            Assert.Equal("secret\n"u8, SecretFile.Read(file));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
