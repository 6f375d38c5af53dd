namespace Mandos.Abstractions.Clients;

/// <summary>New values for some settings of one client, to be changed together; the others stay as they are.</summary>
public sealed class ClientChange
{
    private static readonly ClientSettings _unset = new();

    private readonly ClientSettings _values;

    private ClientChange(IReadOnlyList<ClientSetting> settings, ClientSettings values) => (Settings, _values) = (settings, values);

    /// <summary>Changes nothing.</summary>
    public static ClientChange None { get; } = new([], _unset);

    /// <summary>The settings that get a value, each once.</summary>
    public IReadOnlyList<ClientSetting> Settings { get; }

    /// <summary>Gives a setting a value.</summary>
    public static ClientChange Of<T>(ClientSetting<T> setting, T value)
        where T : notnull => None.With(setting, value);

    /// <summary>Gives a setting a value, besides the others.</summary>
    public ClientChange With<T>(ClientSetting<T> setting, T value)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(value);
        return With(setting, setting.Set(_unset, value));
    }

    /// <summary>Gives a setting the value that a client has, besides the others.</summary>
    public ClientChange With(ClientSetting setting, ClientSettings source)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return new(Settings.Contains(setting) ? Settings : [.. Settings, setting], setting.Copy(source, _values));
    }

    /// <summary>A client's settings with the new values.</summary>
    public ClientSettings ApplyTo(ClientSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Settings.Aggregate(settings, (result, setting) => setting.Copy(_values, result));
    }

    /// <summary>Sees that each value is one that its setting can have.</summary>
    /// <exception cref="ArgumentException">One is not; the text says which, and why.</exception>
    public void Validate()
    {
        foreach (ClientSetting setting in Settings)
        {
            if (setting.FindFault(_values) is { } fault)
            {
                throw new ArgumentException($"the {setting.OptionName.Replace('_', ' ')} {fault}");
            }
        }
    }

    /// <summary>The settings with their values, for a log.</summary>
    public override string ToString() => string.Join(", ", Settings.Select(setting => $"{setting} = {setting.ToText(_values)}"));
}
