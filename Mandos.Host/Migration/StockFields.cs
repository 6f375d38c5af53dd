using Mandos.Abstractions.Clients;
using Mandos.Host.Configuration;

namespace Mandos.Host.Migration;

/// <summary>The fields of one client in the state of Debian's server. A field that is not there, or is Python's <c>None</c>, is null.</summary>
internal sealed class StockFields
{
    private readonly string _client;
    private readonly Dictionary<string, object?> _fields;

    /// <param name="client">The client's name, for messages.</param>
    /// <param name="value">What should be its fields.</param>
    /// <exception cref="PickleException">They are none.</exception>
    public StockFields(string client, object? value)
    {
        _client = OptionValues.Quote(client);
        _fields = value as Dictionary<string, object?> ?? throw new PickleException($"client {_client} is not a dictionary");
    }

    /// <inheritdoc cref="Wrong"/>
    public bool? Flag(string name) => Get(name) switch
    {
        null => null,
        bool flag => flag,
        _ => throw Wrong(name, "true or false"),
    };

    /// <inheritdoc cref="Wrong"/>
    public string? Text(string name) => Get(name) switch
    {
        null => null,
        var value when PickleReader.ToText(value) is { } text && !text.Contains('\0') => text,
        _ => throw Wrong(name, "a text"),
    };

    /// <inheritdoc cref="Wrong"/>
    public DateTimeOffset? Time(string name) => Get(name) switch
    {
        null => null,
        DateTimeOffset time => time,
        _ => throw Wrong(name, "a time"),
    };

    /// <summary>A duration. Debian's server takes <c>-5m</c> from clients.conf, which is over at once, as zero is.</summary>
    /// <inheritdoc cref="Wrong"/>
    public TimeSpan? Duration(string name) => Get(name) switch
    {
        null => null,
        TimeSpan duration => duration >= TimeSpan.Zero ? duration : TimeSpan.Zero,
        _ => throw Wrong(name, "a duration"),
    };

    /// <summary>The exit code of a check, or one of the values below zero that stand for none.</summary>
    /// <inheritdoc cref="Wrong"/>
    public int? Status(string name) => Get(name) switch
    {
        null => null,
        long status and >= ClientSnapshot.NotCheckedYet and <= byte.MaxValue => (int)status,
        _ => throw Wrong(name, "the exit status of a check"),
    };

    /// <inheritdoc cref="Wrong"/>
    public byte[]? Bytes(string name) => Get(name) switch
    {
        null => null,
        byte[] bytes => bytes,
        _ => throw Wrong(name, "bytes"),
    };

    /// <summary>Says that a field is missing.</summary>
    public PickleException Missing(string name) => new($"client {_client} has no field {name}");

    private object? Get(string name) => _fields.GetValueOrDefault(name);

    /// <exception cref="PickleException">It is something else.</exception>
    private PickleException Wrong(string name, string what) => new($"the field {name} of client {_client} is not {what}");
}
