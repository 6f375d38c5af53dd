namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A signal that a peer has received.</summary>
/// <param name="Sender">Who sent it: a unique name.</param>
/// <param name="Path">The object it is about.</param>
/// <param name="Interface">Its interface.</param>
/// <param name="Member">Its name.</param>
/// <param name="Body">Its arguments, in GVariant's text format, dictionaries sorted.</param>
internal sealed record BusSignal(string Sender, string Path, string Interface, string Member, string Body)
{
    public override string ToString() => $"{Path} {Interface}.{Member}{Body}";
}
