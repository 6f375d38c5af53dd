using DBusControl.Tests.Support;
using Mandos.Abstractions.Control;
using Mandos.DBusControl;
using Mandos.DBusControl.Limits;
using Mandos.PluginContracts.Control;
using Mandos.TestKit.Daemons;
using Microsoft.Extensions.Time.Testing;

namespace DBusControl.Tests;

/// <summary>What happens to a command while the bus is asked who gives it.</summary>
public sealed class SlowBusTests : IDisposable
{
    private const string WhoIsIt = "GetConnectionUnixUser";

    private readonly FakeTimeProvider _time = new();
    private readonly FakeBus _bus = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly InMemoryServer _server = new([Rig.Client("foo")]);

    public SlowBusTests()
    {
        _ = Task.Run(() => new DBusSurface(Rig.ContextOf(_bus.Address, _time)).RunAsync(_server, _stop.Token));
        _bus.Accept("RequestName");
        _bus.Call("/", null, "Introspect", "", []); // it is answered after the signals of the start
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _bus.Dispose();
    }

    [Theory]
    [InlineData(Rig.Foo, "Disable", "")]
    [InlineData("/", "RemoveClient", Rig.Foo)]
    public void Command_AnotherClientHasTakenTheNameMeanwhile_IsNotForThatOne(string path, string member, string client)
    {
        _bus.Answers = called =>
        {
            if (called == WhoIsIt)
            {
                _server.RemoveAsync("foo", Rig.Person, TestContext.Current.CancellationToken);
                _server.Add(Rig.Client("foo") with { Settings = Rig.Client("foo").Settings with { KeyId = "45EF" } });
                _bus.WaitFor("ClientAdded");
            }

            return true;
        };

        string? answer = _bus.Call(path, null, member, client.Length > 0 ? "o" : "", client.Length > 0 ? Text(client) : []);

        Assert.Equal("org.freedesktop.DBus.Error.UnknownObject", answer);
        Assert.Equal([Rig.Person], _server.Sources); // it alone has given a command
    }

    [Fact]
    public void Command_BusTakesTooLongToSayWhoGivesIt_NextOneIsAskedAbout()
    {
        bool isSlow = true;
        _bus.Answers = called =>
        {
            if (called == WhoIsIt && isSlow)
            {
                _time.Advance(DBusLimits.CallerTime);
                return false;
            }

            return true;
        };
        Assert.Equal("", _bus.Call(Rig.Foo, null, "Disable", "", []));
        isSlow = false;

        Assert.Equal("", _bus.Call(Rig.Foo, null, "Enable", "", []));

        CommandSource unknown = new("dbus") { Address = ":1.7" };
        Assert.Equal([unknown, unknown with { User = "uid 1" }], _server.Sources);
    }

    private static byte[] Text(string text) => [(byte)text.Length, 0, 0, 0, .. System.Text.Encoding.ASCII.GetBytes(text), 0];
}
