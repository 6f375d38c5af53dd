using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.WebControl.Serving;
using Microsoft.AspNetCore.Http;

namespace Mandos.WebControl.Pages;

/// <summary>What all pages have in common.</summary>
internal static class Page
{
    private static readonly (string Path, string Text)[] _menu = [("/", "Waiting"), ("/clients", "Clients"), ("/decisions", "Decisions"), ("/server", "Server")];

    /// <summary>Writes a page.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">Who sees it; the menu is for those who may look.</param>
    /// <param name="title">Its title.</param>
    /// <param name="body">What is in it.</param>
    /// <param name="events">The events, with commas between them, after which it is shown again; null for none.</param>
    public static Task WriteAsync(HttpContext context, Caller caller, string title, Html body, string? events = null)
    {
        Html page = Html.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{title} – Mandos</title>
            <link rel="stylesheet" href="/static/style.css">
            <script src="/static/live.js" defer></script>
            </head>
            <body>
            <a class="skip" href="#main">Skip to content</a>
            <header>{Menu(context, caller)}</header>
            <main id="main" data-events="{events}">
            <h1>{title}</h1>
            {body}
            </main>
            <footer><p id="live" role="status"></p>{Who(caller)}</footer>
            </body>
            </html>

            """);
        context.Response.ContentType = "text/html; charset=utf-8";
        byte[] bytes = Encoding.UTF8.GetBytes(page.ToString());
        context.Response.ContentLength = bytes.Length;
        return context.Response.BodyWriter.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    /// <summary>Sends the browser to another page, after something was done.</summary>
    public static Task GoTo(HttpContext context, string path)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = path;
        return Task.CompletedTask;
    }

    /// <summary>A name, which turns no text around it.</summary>
    public static Html Name(string name) => Html.Of($"<bdi class=\"name\">{name}</bdi>");

    /// <summary>A link to the page of a client.</summary>
    public static Html Link(ClientSnapshot client) => Html.Of($"<a href=\"{AddressOf(client)}\">{Name(client.Name)}</a>");

    /// <summary>The address of a client's page; of that client, and no other of its name.</summary>
    public static string AddressOf(ClientSnapshot client, string verb = "")
        => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/clients/{Uri.EscapeDataString(client.Name)}{verb}?id={client.Id}");

    /// <summary>The state of a client, with a colour.</summary>
    public static Html State(ClientSnapshot client)
        => Html.Of($"<span class=\"state {(!client.Enabled ? "bad" : client.Requests.Count > 0 ? "open" : "good")}\">{Words.StateOf(client)}</span>");

    /// <summary>A time.</summary>
    public static Html Time(DateTimeOffset? time) => time is not { } value ? Html.Of($"never")
        : Html.Of($"<time datetime=\"{Format(value, "yyyy-MM-dd'T'HH:mm:ss'Z'")}\">{Format(value, "yyyy-MM-dd")} <span>{Format(value, "HH:mm:ss 'UTC'")}</span></time>");

    private static string Format(DateTimeOffset time, string format) => time.UtcDateTime.ToString(format, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A button that does something.</summary>
    /// <param name="id">Its id, which stays the same.</param>
    /// <param name="action">Where it posts to.</param>
    /// <param name="text">What is on it.</param>
    /// <param name="label">What it does, for those who hear the page.</param>
    /// <param name="style">Its class.</param>
    public static Html Button(string id, string action, string text, string label, string style = "") => Html.Of($"""
        <form method="post" action="{action}"><button id="{id}" class="{style}" aria-label="{label}">{text}</button></form>
        """);

    private static Html Menu(HttpContext context, Caller caller) => caller.Scope < Scope.Read ? Html.Of($"<strong>Mandos</strong>") : Html.Of($"""
        <nav aria-label="Pages"><ul>{_menu.Select(item => MenuItem(context, item.Path, item.Text))}</ul></nav>
        """);

    private static Html MenuItem(HttpContext context, string path, string text)
        => Html.Of($"<li><a href=\"{path}\"{(context.Request.Path == path ? Html.Of($" aria-current=\"page\"") : Html.Nothing)}>{text}</a></li>");

    private static Html Who(Caller caller) => caller.User is null ? Html.Nothing : Html.Of($"""
        <p>You are <bdi>{caller.User}</bdi>.</p>{Html.If(caller.HasCookie, () => Button("sign-out", "/sign-out", "Sign out", "Sign out"))}
        """);
}
