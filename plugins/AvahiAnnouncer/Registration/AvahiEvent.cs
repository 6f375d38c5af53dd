namespace Mandos.AvahiAnnouncer.Registration;

/// <summary>Something that <see cref="ServiceRegistration"/> hears of, in the order in which it came over the bus.</summary>
internal abstract record AvahiEvent
{
    /// <summary>Avahi has come, gone or been replaced.</summary>
    /// <param name="Owner">The unique name of its connection to the bus; null if it is not there.</param>
    public sealed record OwnerChanged(string? Owner) : AvahiEvent;

    /// <summary>When first looked for, Avahi was not there. It may have come since.</summary>
    public sealed record NotFound : AvahiEvent;

    /// <summary>A signal, or the answer to <see cref="AvahiMethod.GetState"/>.</summary>
    /// <param name="Sender">Who says so; it need not be Avahi.</param>
    /// <param name="State">The state of the server.</param>
    public sealed record ServerStateChanged(string? Sender, ServerState State) : AvahiEvent;

    /// <summary>A signal.</summary>
    /// <param name="Sender">Who says so; it need not be Avahi.</param>
    /// <param name="Path">The group; it need not be ours.</param>
    /// <param name="State">Its state.</param>
    /// <param name="Error">Why, if it failed.</param>
    public sealed record GroupStateChanged(string? Sender, string? Path, GroupState State, string Error = "") : AvahiEvent;

    /// <summary>A call was answered.</summary>
    /// <param name="Call">Number of the call, from <see cref="Step.Request"/>.</param>
    /// <param name="Text">The answer, where the method has one.</param>
    public sealed record Answered(int Call, string Text = "") : AvahiEvent;

    /// <summary>A call was refused, or not answered in time.</summary>
    /// <param name="Call">Number of the call, from <see cref="Step.Request"/>.</param>
    /// <param name="ErrorName">Name of the D-Bus error.</param>
    /// <param name="Reason">What to tell people.</param>
    public sealed record Failed(int Call, string ErrorName, string Reason) : AvahiEvent;

    /// <summary>The service should have been announced a while ago.</summary>
    /// <param name="Call">Number of the call of <see cref="AvahiMethod.Commit"/>, from <see cref="Step.Request"/>.</param>
    public sealed record Overdue(int Call) : AvahiEvent;

    /// <summary>Withdraws the service for good.</summary>
    public sealed record Stopping : AvahiEvent;
}
