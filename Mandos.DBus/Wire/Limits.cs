namespace Mandos.DBus.Wire;

/// <summary>The specification's limits, in bytes.</summary>
internal static class Limits
{
    /// <summary>Contents of an array.</summary>
    public const int Array = 64 << 20;

    /// <summary>A whole message.</summary>
    public const int Message = 128 << 20;
}
