namespace Mandos.AvahiAnnouncer.Registration;

/// <summary>What can be asked of Avahi; the names are those of its methods.</summary>
internal enum AvahiMethod
{
    /// <summary>The state of the server. Its answer counts as <see cref="AvahiEvent.ServerStateChanged"/>.</summary>
    GetState,

    /// <summary>Makes an empty entry group; answered with its path.</summary>
    EntryGroupNew,

    /// <summary>Adds our service to a group.</summary>
    AddService,

    /// <summary>Has a group announced.</summary>
    Commit,

    /// <summary>Empties a group.</summary>
    Reset,

    /// <summary>Withdraws and forgets a group.</summary>
    Free,

    /// <summary>Answered with the name to try after one that is taken: <c>Mandos #2</c> after <c>Mandos</c>.</summary>
    GetAlternativeServiceName,
}
