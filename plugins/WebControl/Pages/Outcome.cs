using Mandos.Abstractions.Control;
using Mandos.WebControl.Serving;

namespace Mandos.WebControl.Pages;

/// <summary>Tells people what became of a command.</summary>
internal static class Outcome
{
    /// <summary>Goes to a page if all is well; else says what is not.</summary>
    public static Task TellAsync(WebCall call, CommandResult result, string next) => result.IsDurable ? Page.GoTo(call.Context, next)
        : Page.WriteAsync(call.Context, call.Caller, "Done, but", Html.Of($"""
            <p class="warning" role="alert" id="problem">{result.Problem}</p>
            <p><a href="{next}">Go on</a></p>
            """));
}
