namespace Mandos.WebControl.History;

/// <summary>Something that happened to a client, in eight bytes.</summary>
internal readonly record struct Moment
{
    private readonly ulong _value;

    /// <summary>Something that happened.</summary>
    public Moment(DateTimeOffset at, MomentKind kind) => _value = ((ulong)at.ToUnixTimeMilliseconds() << 8) | (byte)kind;

    /// <summary>When, to the millisecond.</summary>
    public DateTimeOffset At => DateTimeOffset.FromUnixTimeMilliseconds((long)(_value >> 8));

    /// <summary>What.</summary>
    public MomentKind Kind => (MomentKind)(byte)_value;
}
