namespace Mandos.DBus;

/// <summary>Where an array that is being written began.</summary>
public readonly record struct ArrayStart
{
    internal ArrayStart(int lengthPosition, int contentPosition, int outerStart, int outerEnd)
        => (LengthPosition, ContentPosition, OuterStart, OuterEnd) = (lengthPosition, contentPosition, outerStart, outerEnd);

    /// <summary>Where the array's length is to be written.</summary>
    internal int LengthPosition { get; }

    /// <summary>Where its first element begins.</summary>
    internal int ContentPosition { get; }

    /// <summary>Where, in the signature, the element of the array around this one begins.</summary>
    internal int OuterStart { get; }

    /// <summary>Where it ends.</summary>
    internal int OuterEnd { get; }
}
