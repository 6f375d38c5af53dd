using System.Text;
using DBusControl.Tests.Support;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.PluginContracts.Control;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

/// <summary>What the server would make of sections for its files.</summary>
public sealed class ExamineTests
{
    [Fact]
    public async Task ExamineClients_Sections_TellsAllOfTheAnswer()
    {
        await using var rig = Rig.Create();
        var server = new InMemoryServer([])
        {
            Examination = new Examination
            {
                ConfigDirectory = "/etc/mandos",
                Clients =
                [
                    new ExaminedClient
                    {
                        Client = new ClientSnapshot { Name = "a", Settings = new ClientSettings { KeyId = "AB", CheckerPlugin = "ssh" }, Created = Rig.At(1) },
                        Line = 3,
                        SecretLength = 700,
                    },
                ],
                Problems = ["a problem"],
                Doubts = ["one\0doubt", "another"],
            },
        };
        await rig.StartAllAsync(server);

        string answer = await rig.Caller.CallAsync("/", Caller.Extension, "ExamineClients", VariantValue.Array("[a]\n"u8.ToArray()));

        Assert.StartsWith("\"/etc/mandos\", [(3, 700, \"ssh\", {", answer, StringComparison.Ordinal);
        Assert.Contains("\"KeyID\": ", answer, StringComparison.Ordinal);
        Assert.EndsWith(")], [\"a problem\"], [\"one?doubt\", \"another\"]", answer, StringComparison.Ordinal);
        Assert.Equal("[a]\n", Encoding.UTF8.GetString(server.Examined!.Value.Span));
    }

    [Fact]
    public async Task ExamineClients_TooLong_IsRefused()
    {
        await using var rig = await Rig.StartAsync();

        (string name, string message) = await Caller.ErrorAsync(
            rig.Caller.CallAsync("/", Caller.Extension, "ExamineClients", VariantValue.Array(new byte[ClientLimits.SectionsBytes + 1])));

        Assert.Equal("InvalidArgs", name);
        Assert.Contains("2097152 bytes", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExamineClients_WithoutFiles_IsNotSupported()
    {
        await using var rig = await Rig.StartAsync();

        (string name, _) = await Caller.ErrorAsync(rig.Caller.CallAsync("/", Caller.Extension, "ExamineClients", VariantValue.Array(new byte[1])));

        Assert.Equal("NotSupported", name);
    }
}
