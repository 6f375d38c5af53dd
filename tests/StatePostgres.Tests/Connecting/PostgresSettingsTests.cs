using Mandos.Abstractions.Plugins;
using Mandos.StatePostgres.Connecting;

namespace StatePostgres.Tests.Connecting;

/// <summary>The settings in plugins.yaml.</summary>
public sealed class PostgresSettingsTests
{
    [Fact]
    public void Read_None_IsTheSocketOfThisMachine()
    {
        PostgresSettings settings = PostgresSettings.Read(new Dictionary<string, string>());

        Assert.Equal([new HostAddress("/run/postgresql", 5432)], settings.Hosts);
        Assert.Equal(("mandos", "_mandos", null, false), (settings.Database, settings.User, settings.RootCertificate, settings.RequireSynchronous));
    }

    [Fact]
    public void Read_SeveralHosts_RequireStandbys()
    {
        PostgresSettings settings = PostgresSettings.Read(new Dictionary<string, string>
        {
            ["hosts"] = "db1.example.org, db2:5433,[2001:db8::1]:5434, [2001:db8::2],2001:db8::3 ,/run/pg:5435",
        });

        Assert.True(settings.RequireSynchronous);
        Assert.Equal(
            [new("db1.example.org", 5432), new("db2", 5433), new("2001:db8::1", 5434), new("2001:db8::2", 5432), new("2001:db8::3", 5432), new("/run/pg", 5435)],
            settings.Hosts);
        Assert.Equal(
            ["db1.example.org", "db2:5433", "[2001:db8::1]:5434", "2001:db8::2", "2001:db8::3", "/run/pg:5435"],
            settings.Hosts.Select(static host => host.ToString()));
    }

    [Theory]
    [InlineData("hosts", "")]
    [InlineData("hosts", "db1,,db2")]
    [InlineData("hosts", "db1 db2")]
    [InlineData("hosts", "db1:0")]
    [InlineData("hosts", "db1:65536")]
    [InlineData("hosts", "db1:x")]
    [InlineData("hosts", "[::1")]
    [InlineData("hosts", "[::1]x:5432")]
    [InlineData("hosts", "db1,db2,db1")]
    [InlineData("hosts", "1,2,3,4,5,6,7,8,9,10")]
    [InlineData("database", "")]
    [InlineData("user", "a\nb")]
    [InlineData("root_certificate", "ca.pem")]
    [InlineData("root_certificate", "/nonexistent/ca.pem")]
    [InlineData("password_credential", "../shadow")]
    [InlineData("password_credential", "..")]
    [InlineData("password_credential", "")]
    [InlineData("require_synchronous", "yes")]
    public void Read_WrongSetting_NamesIt(string name, string value)
    {
        var fault = Assert.Throws<PluginSettingException>(() => PostgresSettings.Read(new Dictionary<string, string> { [name] = value }));

        Assert.Equal(name, fault.Setting);
        Assert.DoesNotContain('\n', fault.Message);
    }
}
