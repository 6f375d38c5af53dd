namespace Mandos.AvahiAnnouncer.Registration;

/// <summary>Something that <see cref="ServiceRegistration"/> wants done.</summary>
internal abstract record Step
{
    /// <summary>Call a method of Avahi, and report its answer or failure.</summary>
    /// <param name="Call">Number of the call; each has its own.</param>
    /// <param name="Avahi">The connection to call. By its unique name, so that no other Avahi gets it.</param>
    /// <param name="Method">The method.</param>
    /// <param name="Path">The object.</param>
    /// <param name="Name">The service's name, for methods that take it.</param>
    public sealed record Request(int Call, string Avahi, AvahiMethod Method, string Path, string Name = "") : Step;

    /// <summary>Tell that the service can be found now.</summary>
    /// <param name="Name">The name under which it stands.</param>
    public sealed record Announced(string Name) : Step;

    /// <summary>Tell that Avahi itself does not find what it says that it announces: it uses no interface where that could be seen.</summary>
    /// <param name="Name">The name under which it should stand.</param>
    public sealed record Hidden(string Name) : Step;

    /// <summary>Tell that it can be found now, after <see cref="Hidden"/>.</summary>
    /// <param name="Name">The name under which it stands.</param>
    public sealed record Found(string Name) : Step;

    /// <summary>Tell that another name is tried.</summary>
    /// <param name="Taken">The name that somebody else has.</param>
    /// <param name="Name">The new one.</param>
    public sealed record Renamed(string Taken, string Name) : Step;

    /// <summary>Tell that Avahi makes sure of the name for too long, and is asked again.</summary>
    /// <param name="Name">The name.</param>
    public sealed record Retried(string Name) : Step;

    /// <summary>Tell that the service cannot be found until Avahi runs as it should.</summary>
    /// <param name="State">The state of Avahi; null if it is not on the bus.</param>
    public sealed record Waiting(ServerState? State) : Step;

    /// <summary>Start over later with a new connection to the bus. The end of the old one ends what Avahi announces for it.</summary>
    /// <param name="Reason">What to tell people.</param>
    public sealed record GiveUp(string Reason) : Step;
}
