using Mandos.Abstractions.Control;
using Mandos.WebControl.History;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Pages;

/// <summary>All pages for people, but the one that signs in.</summary>
internal static class PageRoutes
{
    /// <summary>The pages.</summary>
    /// <param name="server">The server.</param>
    /// <param name="watch">What happened.</param>
    /// <param name="time">The clock.</param>
    public static IReadOnlyList<Route> Of(IMandosServer server, ServerWatch watch, TimeProvider time) =>
    [
        .. new WaitingPage(server, watch, time).Routes,
        .. new LinkPage(server, watch, time).Routes,
        .. new ClientsPage(server).Routes,
        .. new ClientPage(server, watch, time).Routes,
        .. new DecisionsPage(watch).Routes,
        .. new ServerPage(server).Routes,
        .. StaticFiles.Routes,
    ];
}
