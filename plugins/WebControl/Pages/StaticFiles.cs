using System.Reflection;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Pages;

/// <summary>The stylesheet and the script, which are in the assembly: no file of the disk is served. They are the same for everybody.</summary>
internal static class StaticFiles
{
    /// <summary>Everything that this offers.</summary>
    public static IReadOnlyList<Route> Routes => [Of("style.css", "text/css; charset=utf-8"), Of("live.js", "text/javascript; charset=utf-8")];

    private static Route Of(string name, string type) => new("GET", $"/static/{name}", Scope.Nothing, async call =>
    {
        using Stream file = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        call.Response.ContentType = type;
        call.Response.ContentLength = file.Length;
        await file.CopyToAsync(call.Response.BodyWriter.AsStream(), call.Aborted).ConfigureAwait(false);
    });
}
