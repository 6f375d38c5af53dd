namespace Mandos.Abstractions.Control;

/// <summary>Something that happened in the server. Events carry the state right after it.</summary>
public abstract record ServerEvent
{
    private protected ServerEvent()
    {
    }
}
