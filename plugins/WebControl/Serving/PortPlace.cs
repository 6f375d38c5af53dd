namespace Mandos.WebControl.Serving;

/// <summary>The place of one connection among those at a TCP port. Dispose it when the connection ends.</summary>
/// <param name="places">All of them.</param>
/// <param name="from">Where the connection comes from.</param>
/// <param name="abort">Breaks it off.</param>
internal sealed class PortPlace(PortPlaces places, string from, Action abort) : IDisposable
{
    private volatile bool _isKnown;

    /// <summary>Where the connection comes from.</summary>
    public string From => from;

    /// <summary>Whether its sender has shown who they are; then nobody takes the place away.</summary>
    public bool IsKnown => _isKnown;

    /// <summary>Its sender has shown who they are.</summary>
    public void NoteKnown()
    {
        if (!_isKnown)
        {
            _isKnown = true;
            places.NoteKnown(this);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => places.GiveBack(this);

    internal void Abort() => abort();
}
