namespace Mandos.DBusControl.Calls;

/// <summary>The server's messages that the bus has not passed on yet.</summary>
internal interface IBacklog
{
    /// <summary>Ends when the bus has read what was sent until now, or is gone. Does not throw.</summary>
    Task KeepUpAsync();

    /// <summary>How many bytes the bus keeps for a program that has not read them; 0 if the bus does not tell. Does not throw.</summary>
    /// <returns>Null if the program is gone.</returns>
    Task<uint?> OfAsync(string reader);
}
