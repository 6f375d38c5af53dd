using System.Text;
using Mandos.Abstractions.Control;

namespace Mandos.Engine.Auditing;

/// <summary>One line of the audit: a command, who gave it, and what came of it. It never holds a secret.</summary>
public sealed record CommandRecord
{
    /// <summary>When the record was made, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The command.</summary>
    public required AuditCommand Command { get; init; }

    /// <summary>Name of the client that it is about; null for all.</summary>
    public string? Client
    {
        get;
        init => field = Cut(value);
    }

    /// <summary>Who gave it. Texts longer than <see cref="AuditRecord.LongestDetail"/> are cut.</summary>
    public required CommandSource Source
    {
        get;
        init => field = new CommandSource(Cut(value.Surface)!) { User = Cut(value.User), Address = Cut(value.Address) };
    }

    /// <summary>What came of it.</summary>
    public required CommandOutcome Outcome { get; init; }

    /// <summary>More on it, at most <see cref="AuditRecord.LongestDetail"/> characters: the settings that it changes, the error; null for nothing.</summary>
    public string? Detail
    {
        get;
        init => field = Cut(value);
    }

    /// <summary>The record as the log shows it: <c>name=value</c> pairs in a fixed order, texts in quotes.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(200);
        text.Append($"command=\"{Command.Phrase()}\" outcome=\"{Outcome.Phrase()}\"");
        Append("client", Client);
        Append("surface", Source.Surface);
        Append("user", Source.User);
        Append("address", Source.Address);
        Append("detail", Detail);
        return text.ToString();

        void Append(string name, string? value)
        {
            if (value is not null)
            {
                text.Append(' ').Append(name).Append('=');
                AuditRecord.Quote(text, value);
            }
        }
    }

    private static string? Cut(string? text) => text?.Length > AuditRecord.LongestDetail ? text[..AuditRecord.LongestDetail] : text;
}
