namespace Mandos.Host.Plugins.Isolation;

/// <summary>How long plugins may take, so that a plugin that hangs holds up nobody. None of them is near what a sound one needs.</summary>
internal static class PluginLimits
{
    /// <summary>
    /// Loading an assembly and composing it, milliseconds even on a slow disk. It can run the plugin's code: a module initializer, or the
    /// constructors of attributes.
    /// </summary>
    public static readonly TimeSpan Load = TimeSpan.FromSeconds(10);

    /// <summary>A constructor, which does no input or output; or the preparation of TLS handshakes.</summary>
    public static readonly TimeSpan Construction = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A checker's look at the options of all its clients. Together with <see cref="ValidationPerClient"/>: 20 s for 50,000 clients, which is
    /// done in less than one; a busy machine may need more.
    /// </summary>
    public static readonly TimeSpan Validation = TimeSpan.FromSeconds(10);

    /// <summary>What each client adds to that.</summary>
    public static readonly TimeSpan ValidationPerClient = TimeSpan.FromMicroseconds(200);

    /// <summary>Until a control surface or an announcer returns the task of its run. It does so at once, unless it blocks its thread.</summary>
    public static readonly TimeSpan Start = TimeSpan.FromSeconds(5);

    /// <summary>Until the run of a control surface or an announcer has ended after it was cancelled. The contract says: a second.</summary>
    public static readonly TimeSpan Stop = TimeSpan.FromSeconds(10);

    /// <summary>The disposal of one instance: a store closes its files.</summary>
    public static readonly TimeSpan Disposal = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The disposal of all instances; each gets at least <see cref="LeastDisposal"/>. With the limit above and the engine's own, a server
    /// whose plugins all hang still ends by itself within the 60 s that its systemd unit gives it.
    /// </summary>
    public static readonly TimeSpan AllDisposals = TimeSpan.FromSeconds(20);

    /// <summary>What is left for the disposal of an instance when others have used up <see cref="AllDisposals"/>.</summary>
    public static readonly TimeSpan LeastDisposal = TimeSpan.FromSeconds(1);

    /// <summary>
    /// At most one line in the log for each plugin in this time about exceptions on its own threads: a timer can throw a thousand a second.
    /// </summary>
    public static readonly TimeSpan FaultLogPause = TimeSpan.FromSeconds(10);
}
