using Mandos.WebControl.History;

namespace Mandos.WebControl.Pages;

/// <summary>Draws what happened to a client, and tells it in words for those who do not see it.</summary>
internal static class Timeline
{
    private const int Width = 320;
    private const int Height = 48;
    private const int Margin = 8;

    /// <summary>Draws moments.</summary>
    /// <param name="moments">The moments, the earliest first.</param>
    /// <param name="since">Since when things are remembered.</param>
    /// <param name="now">The end of the line.</param>
    public static Html Of(IReadOnlyList<Moment> moments, DateTimeOffset since, DateTimeOffset now)
    {
        if (moments.Count == 0)
        {
            return Html.Of($"<p id=\"timeline\">Nothing since {Page.Time(since)}.</p>");
        }

        DateTimeOffset start = moments[0].At;
        double length = Math.Max(1, (now - start).TotalSeconds);
        return Html.Of($"""
            <svg id="timeline" role="img" viewBox="0 0 {Width} {Height}" aria-labelledby="timeline-title">
            <title id="timeline-title">{moments.Count} checks and requests</title>
            <line x1="{Margin}" y1="{Height / 2}" x2="{Width - Margin}" y2="{Height / 2}" class="axis"/>
            {moments.Select(moment => Draw(moment, Margin + (int)((moment.At - start).TotalSeconds / length * (Width - (2 * Margin)))))}
            </svg>
            <p class="faint">From {Page.Time(start)} until now. Bars are checks, and a tall one has failed; dots are requests.</p>
            <details><summary>The same in words</summary>
            <ol reversed id="moments">{moments.Reverse().Select(static moment => Html.Of($"<li>{Page.Time(moment.At)}: {Describe(moment.Kind)}</li>"))}</ol>
            </details>
            """);
    }

    private static Html Draw(Moment moment, int x) => moment.Kind switch
    {
        MomentKind.CheckSucceeded => Html.Of($"<rect x=\"{x - 1}\" y=\"16\" width=\"3\" height=\"16\" class=\"good\"/>"),
        MomentKind.CheckFailed => Html.Of($"<rect x=\"{x - 1}\" y=\"8\" width=\"3\" height=\"32\" class=\"bad\"/>"),
        MomentKind.GotSecret or MomentKind.Rehearsed => Html.Of($"<circle cx=\"{x}\" cy=\"{Height / 2}\" r=\"6\" class=\"good\"/>"),
        MomentKind.RebootExpected => Html.Of($"<rect x=\"{x - 1}\" y=\"20\" width=\"3\" height=\"8\" class=\"open\"/>"),
        MomentKind.Refused or MomentKind.RehearsalFailed => Html.Of($"<circle cx=\"{x}\" cy=\"{Height / 2}\" r=\"6\" class=\"bad\"/>"),
        _ => Html.Of($"<circle cx=\"{x}\" cy=\"{Height / 2}\" r=\"4\" class=\"open\"/>"),
    };

    private static string Describe(MomentKind kind) => kind switch
    {
        MomentKind.CheckSucceeded => "a check found it alive",
        MomentKind.CheckFailed => "a check did not find it alive",
        MomentKind.Asked => "it asked for approval",
        MomentKind.RebootExpected => "a reboot was announced",
        MomentKind.Rehearsed => "that was a rehearsal, and it got its secret",
        MomentKind.RehearsalFailed => "that was a rehearsal, and it did not get its secret",
        MomentKind.GotSecret => "it got its secret",
        _ => "it was refused",
    };
}
