using Mandos.Abstractions.Control;
using Mandos.WebControl.Api;
using Mandos.WebControl.History;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Pages;

/// <summary>All pages for people, but the one that signs in.</summary>
internal static class PageRoutes
{
    /// <summary>The pages.</summary>
    /// <param name="server">The server.</param>
    /// <param name="lists">Reads all clients.</param>
    /// <param name="watch">What happened.</param>
    /// <param name="time">The clock.</param>
    public static IReadOnlyList<Route> Of(IMandosServer server, ClientLists lists, ServerWatch watch, TimeProvider time) =>
    [
        .. new WaitingPage(server, lists, watch, time).Routes,
        .. new LinkPage(server, lists, watch, time).Routes,
        .. new ClientsPage(lists).Routes,
        .. new ClientPage(server, watch, time).Routes,
        .. new DecisionsPage(watch).Routes,
        .. new ServerPage(server).Routes,
        .. StaticFiles.Routes,
    ];
}
