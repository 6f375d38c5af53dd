namespace Mandos.MdnsAnnouncer.Responding;

/// <summary>What happens to an announcement.</summary>
internal interface IAnnouncementEvents
{
    /// <summary>The service is announced under a name, which is another one than before.</summary>
    void OnAnnounced(string name);

    /// <summary>A name is taken, and the next one is tried.</summary>
    void OnTaken(string taken, string next);
}
