namespace Mandos.DBus;

/// <summary>Where an array that is being read ends.</summary>
public readonly record struct ArrayEnd
{
    internal ArrayEnd(int position) => Position = position;

    internal int Position { get; }
}
