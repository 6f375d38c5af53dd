using System.Globalization;
using Mandos.Abstractions.Clients;
using Mandos.WebControl.Api;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Pages;

/// <summary>All clients, some at a time.</summary>
/// <param name="lists">Reads all clients.</param>
internal sealed class ClientsPage(ClientLists lists)
{
    private const int Rows = 50;
    private const int MostPages = 100_000;
    private const int MostFilterCharacters = 200;

    private static readonly (string Value, string Text)[] _states = [("", "all"), ("enabled", "enabled"), ("disabled", "disabled"), ("waiting", "waiting")];

    private static readonly (string Key, string Text, Comparison<ClientSnapshot> Compare)[] _orders =
    [
        ("name", "Name", static (_, _) => 0),
        ("state", "State", static (x, y) => string.CompareOrdinal(Words.StateOf(x), Words.StateOf(y))),
        ("check", "Last seen alive", static (x, y) => Nullable.Compare(x.LastCheckedOk, y.LastCheckedOk)),
        ("expiry", "Expires", static (x, y) => (x.Expires ?? DateTimeOffset.MaxValue).CompareTo(y.Expires ?? DateTimeOffset.MaxValue)),
    ];

    /// <summary>Everything that this offers.</summary>
    public IReadOnlyList<Route> Routes => [new("GET", "/clients", Scope.Read, ShowAsync) { IsPage = true }];

    private async Task ShowAsync(WebCall call)
    {
        string filter = call.Query("q") ?? "";
        if (filter.Length > MostFilterCharacters)
        {
            throw WebProblem.BadValue($"the filter has more than {MostFilterCharacters} characters");
        }

        string state = call.Query("state") ?? "";
        int page = (int)(call.QueryNumber("page", 1, MostPages) ?? 1);
        string sort = call.Query("sort") ?? "name";
        (string Key, string Text, Comparison<ClientSnapshot> Compare) order = _orders.FirstOrDefault(known => known.Key == sort, _orders[0]);

        IComparer<ClientSnapshot> comparer = Comparer<ClientSnapshot>.Create((x, y)
            => order.Compare(x, y) is var result and not 0 ? result : string.CompareOrdinal(x.Name, y.Name));
        (int all, int count, List<ClientSnapshot> shown) = await lists.ReadAsync(call, clients =>
        {
            List<ClientSnapshot> found = [.. clients.Where(client => Matches(client, filter, state))];
            return (clients.Count, found.Count, ClientOrder.First(found, comparer, (page - 1) * Rows, Rows));
        }).ConfigureAwait(false);
        int pages = Math.Max(1, (count + Rows - 1) / Rows);

        Html table = Html.Of($"""
            <table id="clients">
            <caption>{count} of {all} clients, page {page} of {pages}</caption>
            <thead><tr>{_orders.Select(column => Head(column.Key, column.Text, order.Key, filter, state))}</tr></thead>
            <tbody>{shown.Select(Row)}</tbody>
            </table>
            """);
        await Page.WriteAsync(call.Context, call.Caller, "Clients", Html.Of($"""
            {Form(filter, state, order.Key)}
            {table}
            <nav aria-label="Pages of the list" class="buttons">
            {Html.If(page > 1, () => Html.Of($"<a id=\"previous\" rel=\"prev\" href=\"{Address(filter, state, order.Key, page - 1)}\">Previous</a>"))}
            {Html.If(page < pages, () => Html.Of($"<a id=\"next\" rel=\"next\" href=\"{Address(filter, state, order.Key, page + 1)}\">Next</a>"))}
            </nav>
            """)).ConfigureAwait(false);
    }

    private static bool Matches(ClientSnapshot client, string filter, string state)
        => (filter.Length == 0 || client.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)
            || client.Settings.Host.Contains(filter, StringComparison.OrdinalIgnoreCase)
            || client.Settings.Location.Contains(filter, StringComparison.OrdinalIgnoreCase)
            || client.Settings.KeyId?.Contains(filter, StringComparison.OrdinalIgnoreCase) == true)
            && state switch
            {
                "enabled" => client.Enabled,
                "disabled" => !client.Enabled,
                "waiting" => client.Requests.Count > 0,
                _ => true,
            };

    private static Html Form(string filter, string state, string sort) => Html.Of($"""
        <form method="get" action="/clients" class="filter" role="search">
        <label for="q">Name, host, location or key</label>
        <input id="q" name="q" type="search" maxlength="{MostFilterCharacters}" value="{filter}">
        <label for="state">State</label>
        <select id="state" name="state">
        {_states.Select(known => Option(known.Value, known.Text, state))}
        </select>
        <input type="hidden" name="sort" value="{sort}">
        <button id="filter">Show</button>
        </form>
        """);

    private static Html Option(string value, string text, string chosen)
        => Html.Of($"<option value=\"{value}\"{(value == chosen ? Html.Of($" selected") : Html.Nothing)}>{text}</option>");

    private static Html Head(string key, string text, string sort, string filter, string state) => Html.Of($"""
        <th scope="col"{(key == sort ? Html.Of($" aria-sort=\"ascending\"") : Html.Nothing)}><a id="sort-{key}" href="{Address(filter, state, key, 1)}">{text}</a></th>
        """);

    private static Html Row(ClientSnapshot client) => Html.Of($"""
        <tr><th scope="row">{Page.Link(client)}</th><td data-label="State">{Page.State(client)}</td>
        <td data-label="Last seen alive">{Page.Time(client.LastCheckedOk)}</td>
        <td data-label="Expires">{(client.Expires is null ? Html.Of($"–") : Page.Time(client.Expires))}</td></tr>
        """);

    private static string Address(string filter, string state, string sort, int page) => string.Create(
        CultureInfo.InvariantCulture, $"/clients?q={Uri.EscapeDataString(filter)}&state={Uri.EscapeDataString(state)}&sort={sort}&page={page}");
}
