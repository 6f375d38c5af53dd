using DBusControl.Tests.Support;
using Mandos.Abstractions.Control;
using Mandos.PluginContracts.Control;

namespace DBusControl.Tests;

/// <summary>The servers that share their state, and what is said of them.</summary>
public sealed class GroupTests
{
    [Fact]
    public async Task GetServers_OfTwo_HasAllThatIsKnown()
    {
        await using var rig = Rig.Create();
        await rig.StartAllAsync(new InMemoryServer([])
        {
            Info = new ServerInfo
            {
                Version = "1.2",
                ServiceName = "Mandos",
                EndPoints = [],
                Group = new ServerGroup
                {
                    Servers =
                    [
                        new KnownServer
                        {
                            Name = "a\0☃", IsSelf = true, Since = Rig.At(1), Confirmed = 17, SinceSync = TimeSpan.FromSeconds(0.25),
                            PermissionLeft = TimeSpan.FromSeconds(9.75), FilesHash = "01AB",
                        },
                        new KnownServer { Name = "b", Since = Rig.At(2), Confirmed = 0, IsAwaited = true },
                    ],
                    Revision = 18,
                    LongestWait = TimeSpan.FromSeconds(12.5),
                },
            },
        });

        Assert.Equal(
            "[(\"a?☃\", \"2026-11-23T05:01:01\", 17, 250, 9750, \"01AB\", true, false), "
                + "(\"b\", \"2026-11-23T05:02:01\", 0, -1, -1, \"\", false, true)], 18, 12500",
            await rig.Caller.CallAsync("/", Caller.Extension, "GetServers", Array.Empty<string>()));
    }

    [Fact]
    public async Task GetServers_OfAServerAlone_IsNotSupported()
    {
        await using var rig = await Rig.StartAsync();

        (string name, string message) = await Caller.ErrorAsync(rig.Caller.CallAsync("/", Caller.Extension, "GetServers", Array.Empty<string>()));

        Assert.Equal("NotSupported", name);
        Assert.Contains("shares its state with no other", message, StringComparison.Ordinal);
    }
}
