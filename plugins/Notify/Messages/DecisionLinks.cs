namespace Mandos.Notify.Messages;

/// <summary>The addresses of the page that decides one request. Who has one may decide: never log it.</summary>
/// <param name="Approve">Where it is approved.</param>
/// <param name="Deny">Where it is denied.</param>
internal sealed record DecisionLinks(string Approve, string Deny)
{
    /// <summary>Nothing of the links.</summary>
    public override string ToString() => nameof(DecisionLinks);
}
