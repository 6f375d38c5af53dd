using System.Text;

namespace Mandos.DBus;

/// <summary>Which messages a handler wants; what is null does not matter.</summary>
public sealed record MatchRule
{
    /// <summary>The kind of message.</summary>
    public MessageType? Type { get; init; }

    /// <summary>
    /// Who sent it. A well-known name is compared by the bus only, which does not look at messages that are sent to us alone: a
    /// handler that must not be deceived compares <see cref="Message.Sender"/> with the owner it knows.
    /// </summary>
    public string? Sender { get; init; }

    /// <summary>The interface.</summary>
    public string? Interface { get; init; }

    /// <summary>The member.</summary>
    public string? Member { get; init; }

    /// <summary>The path.</summary>
    public string? Path { get; init; }

    /// <summary>The path or one above it.</summary>
    public string? PathNamespace { get; init; }

    /// <summary>The first argument, if it is a string.</summary>
    public string? Arg0 { get; init; }

    /// <summary>The rule as the bus wants it.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        Add("type", Type switch
        {
            null => null,
            MessageType.MethodCall => "method_call",
            MessageType.MethodReturn => "method_return",
            MessageType.Error => "error",
            _ => "signal",
        });
        Add("sender", Sender);
        Add("interface", Interface);
        Add("member", Member);
        Add("path", Path);
        Add("path_namespace", PathNamespace);
        Add("arg0", Arg0);
        return text.ToString();

        void Add(string key, string? value)
        {
            if (value != null)
            {
                // Between apostrophes all stands for itself but the apostrophe.
                text.Append(text.Length == 0 ? "" : ",")
                    .Append(key).Append("='").Append(value.Replace("'", @"'\''", StringComparison.Ordinal)).Append('\'');
            }
        }
    }

    /// <summary>Whether a message fits, as far as can be told here.</summary>
    internal bool IsMatch(Message message)
        => (Type == null || Type == message.MessageType)
            && (Member == null || Member == message.Member)
            && (Interface == null || Interface == message.Interface)
            && (Path == null || Path == message.Path)
            && (PathNamespace == null || IsBelow(message.Path, PathNamespace))
            && (Sender == null || Sender == message.Sender || !(Sender.StartsWith(':') || Sender == "org.freedesktop.DBus"))
            && (Arg0 == null || (message.Signature.StartsWith('s') && message.GetBodyReader().ReadString() == Arg0));

    private static bool IsBelow(string? path, string root)
        => path != null
            && path.StartsWith(root, StringComparison.Ordinal)
            && (path.Length == root.Length || root == "/" || path[root.Length] == '/');
}
