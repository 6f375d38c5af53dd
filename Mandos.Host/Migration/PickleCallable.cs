namespace Mandos.Host.Migration;

/// <summary>What a pickle may name to have a value made: nothing else is known, and none of it is Python's.</summary>
internal enum PickleCallable
{
    /// <summary><c>_codecs.encode</c>: bytes, written as a Latin-1 text.</summary>
    Encode,

    /// <summary><c>__builtin__.bytes</c>: no bytes.</summary>
    Bytes,

    /// <summary><c>datetime.datetime</c>.</summary>
    DateTime,

    /// <summary><c>datetime.timedelta</c>.</summary>
    TimeDelta,

    /// <summary><c>dbus.Boolean</c>, which is left of an approval or denial in force.</summary>
    DBusBoolean,

    /// <summary><c>dbus.String</c> and <c>dbus.UTF8String</c>: a text as D-Bus brings it, which a server of Python 2 may have kept.</summary>
    DBusText,
}
