using Mandos.Ctl.Monitor;
using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Tests.Monitor;

public sealed class ClientListTests
{
    [Theory]
    [InlineData(ClientOrder.Name, false)]
    [InlineData(ClientOrder.Name, true)]
    [InlineData(ClientOrder.State, false)]
    [InlineData(ClientOrder.State, true)]
    [InlineData(ClientOrder.Host, false)]
    [InlineData(ClientOrder.Host, true)]
    [InlineData(ClientOrder.Seen, false)]
    [InlineData(ClientOrder.Seen, true)]
    [InlineData(ClientOrder.Expires, false)]
    [InlineData(ClientOrder.Expires, true)]
    internal void Changes_InRandomOrder_GiveWhatSortingAndFilteringEachTimeGives(ClientOrder order, bool isReversed)
    {
        int seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var comparer = new ClientComparer(order, isReversed);
        var list = new ClientList();
        list.SortBy(comparer);
        Dictionary<string, Client> expected = [];
        for (int step = 0; step < 3000; step++)
        {
            string path = $"/clients/{random.Next(40)}";
            switch (random.Next(12))
            {
                case 0:
                    list.Remove(path);
                    expected.Remove(path);
                    break;
                case 1:
                    list.FilterBy(random.Next(3) switch { 0 => "", 1 => "a", _ => "disabled" });
                    break;
                case 2:
                    list.Select(random.Next(-2, 45));
                    break;
                case 3 when random.Next(10) == 0:
                    list.Reset(expected.Values.ToList());
                    break;
                default:
                    list.Put(expected[path] = RandomClient(path, random));
                    break;
            }

            Client[] shown = [.. expected.Values.Where(client => Passes(client, list.Filter)).Order(comparer)];
            Assert.Equal(shown.Select(client => client.Path), list.Shown.Select(client => client.Path));
            Assert.Equal(shown.Length == 0 ? -1 : Array.FindIndex(shown, client => client.Path == list.Selected?.Path), list.SelectedIndex);
            Assert.True(shown.Length == 0 || list.SelectedIndex >= 0);
            Assert.Equal(expected.Count, list.Count);
            Assert.All(
                Enum.GetValues<ClientState>(),
                state => Assert.Equal(expected.Values.Count(client => client.State() == state), list.CountOf(state)));
        }
    }

    [Fact]
    public void Selection_WhenOtherClientsComeAndGo_StaysWithItsClient()
    {
        ClientList list = Of("b", "d", "f");
        list.Select(1);

        list.Put(Client("a"));
        list.Put(Client("c"));
        list.Remove("/clients/b");

        Assert.Equal(("d", 2), (list.Selected!.Name, list.SelectedIndex));
    }

    [Fact]
    public void Selection_WhenItsClientGoes_IsTheNextOne()
    {
        ClientList list = Of("b", "d", "f");
        list.Select(1);

        list.Remove("/clients/d");
        Assert.Equal("f", list.Selected!.Name);
        list.Remove("/clients/f");
        Assert.Equal("b", list.Selected!.Name);
        list.Remove("/clients/b");
        Assert.Null(list.Selected);
    }

    private static Client Client(string name) => new($"/clients/{name}") { Name = name, Enabled = true };

    private static ClientList Of(params string[] names)
    {
        var list = new ClientList();
        list.Reset(names.Select(Client));
        return list;
    }

    private static bool Passes(Client client, string filter)
        => filter.Length == 0 || client.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)
            || client.Host.Contains(filter, StringComparison.OrdinalIgnoreCase)
            || client.State().ToString().Contains(filter, StringComparison.OrdinalIgnoreCase);

    private static Client RandomClient(string path, Random random) => new(path)
    {
        Name = $"{(char)('a' + random.Next(3))}{random.Next(5)}",
        Host = random.Next(2) == 0 ? "" : $"{(char)('A' + random.Next(3))}",
        Enabled = random.Next(2) == 0,
        ApprovalPending = random.Next(4) == 0,
        LastCheckerStatus = random.Next(-2, 2),
        LastCheckedOk = random.Next(2) == 0 ? "" : $"2026-01-0{random.Next(1, 9)}T00:00:00",
        Expires = random.Next(2) == 0 ? "" : $"2026-01-0{random.Next(1, 9)}T00:00:00",
    };
}
