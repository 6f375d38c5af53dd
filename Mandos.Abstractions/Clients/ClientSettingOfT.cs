using System.Globalization;

namespace Mandos.Abstractions.Clients;

/// <inheritdoc/>
/// <typeparam name="T">The type of its value: <see cref="string"/>, <see cref="bool"/> or <see cref="TimeSpan"/>.</typeparam>
public sealed class ClientSetting<T> : ClientSetting
    where T : notnull
{
    private readonly Func<ClientSettings, T> _get;
    private readonly Func<ClientSettings, T, ClientSettings> _with;

    internal ClientSetting(string name, string description, Func<ClientSettings, T> get, Func<ClientSettings, T, ClientSettings> with)
        : base(name)
    {
        (Description, _get, _with) = (description, get, with);
        Default = get(new ClientSettings());
    }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <summary>The value of a client that was not given another one.</summary>
    public T Default { get; }

    /// <summary>The values that a text may have, all others being wrong; empty if it may have any.</summary>
    public IReadOnlyList<string> Choices { get; internal init; } = [];

    /// <summary>Whether a duration has to be more than zero; none may be less.</summary>
    internal bool ExcludesZero { get; init; }

    /// <summary>A client's value.</summary>
    public T Get(ClientSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return _get(settings);
    }

    /// <summary>Settings with another value: a copy, unless they have it already.</summary>
    public ClientSettings Set(ClientSettings settings, T value)
        => EqualityComparer<T>.Default.Equals(Get(settings), value) ? settings : _with(settings, value);

    /// <inheritdoc/>
    public override bool IsSame(ClientSettings one, ClientSettings other) => EqualityComparer<T>.Default.Equals(Get(one), Get(other));

    /// <inheritdoc/>
    public override ClientSettings Copy(ClientSettings source, ClientSettings target) => Set(target, Get(source));

    /// <inheritdoc/>
    public override string? FindFault(ClientSettings settings) => FindFault(Get(settings));

    /// <summary>Says what is wrong with a value, in words that follow “the timeout”; null if nothing is.</summary>
    public string? FindFault(T value) => value switch
    {
        TimeSpan duration when duration < TimeSpan.Zero || (ExcludesZero && duration == TimeSpan.Zero)
            => ExcludesZero ? "must be more than zero" : "must not be negative",
        string text when Choices.Count > 0 && !Choices.Contains(text) => $"must be {string.Join(", ", Choices.SkipLast(1))} or {Choices[^1]}",
        string text when text.Contains('\0', StringComparison.Ordinal) => "must not contain a NUL character",
        _ => null,
    };

    /// <inheritdoc/>
    internal override string ToText(ClientSettings settings) => string.Create(CultureInfo.InvariantCulture, $"{Get(settings)}");
}
