using System.Net;
using DBusControl.Tests.Support;
using Mandos.Abstractions.Control;
using Mandos.PluginContracts.Control;

namespace DBusControl.Tests;

/// <summary>Keys that belong to no client.</summary>
public sealed class UnknownKeysTests
{
    [Fact]
    public async Task GetUnknownKeys_OfTwo_HasAllThatIsKnown()
    {
        await using var rig = Rig.Create();
        await rig.StartAllAsync(new InMemoryServer([])
        {
            UnknownKeys =
            [
                new UnknownKey { KeyId = "AB", Address = IPAddress.Parse("fe80::1%2"), Count = 3, First = Rig.At(1), Last = Rig.At(2) },
                new UnknownKey { KeyId = "CD", Address = IPAddress.Loopback, Count = 1, First = Rig.At(1), Last = Rig.At(1) },
            ],
        });

        Assert.Equal(
            "[(\"AB\", \"fe80::1%2\", 3, \"2026-11-23T05:01:01\", \"2026-11-23T05:02:01\"), "
                + "(\"CD\", \"127.0.0.1\", 1, \"2026-11-23T05:01:01\", \"2026-11-23T05:01:01\")]",
            await rig.Caller.CallAsync("/", Caller.Extension, "GetUnknownKeys", Array.Empty<string>()));
    }
}
