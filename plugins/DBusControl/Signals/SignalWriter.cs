using System.Net;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.DBus;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Objects;
using Mandos.DBusControl.Texts;

namespace Mandos.DBusControl.Signals;

/// <summary>Sends signals. Those of the interfaces of Mandos go out under both names, the new one first.</summary>
/// <param name="connection">Where they go.</param>
/// <param name="sent">Is told of each.</param>
internal sealed class SignalWriter(DBusConnection connection, Action sent)
{
    private static readonly string[] _serverInterfaces = [Names.Server, Names.OldServer];
    private static readonly string[] _clientInterfaces = [Names.Client, Names.OldClient];

    /// <summary>How many bytes of signals were sent.</summary>
    public long BytesSent { get; private set; }

    /// <summary>A client appeared.</summary>
    public void ClientAdded(string path, ClientSnapshot client)
    {
        using (MessageWriter writer = Begin(Names.Root, Names.ObjectManager, "InterfacesAdded", "oa{sa{sv}}"))
        {
            writer.WriteObjectPath(path);
            ClientWriter.WriteInterfaces(writer, client);
            Send(writer);
        }

        foreach (string name in _serverInterfaces)
        {
            using MessageWriter writer = Begin(Names.Root, name, "ClientAdded", "o");
            writer.WriteObjectPath(path);
            Send(writer);
        }
    }

    /// <summary>A client is gone.</summary>
    public void ClientRemoved(string path, ClientSnapshot client)
    {
        using (MessageWriter writer = Begin(Names.Root, Names.ObjectManager, "InterfacesRemoved", "oas"))
        {
            writer.WriteObjectPath(path);
            ClientWriter.WriteInterfaceNames(writer);
            Send(writer);
        }

        foreach (string name in _serverInterfaces)
        {
            using MessageWriter writer = Begin(Names.Root, name, "ClientRemoved", "os");
            writer.WriteObjectPath(path);
            writer.WriteString(SafeText.Of(client.Name));
            Send(writer);
        }
    }

    /// <summary>A peer's key belongs to no client.</summary>
    public void ClientNotFound(string keyId, IPAddress address)
    {
        foreach (string name in _serverInterfaces)
        {
            using MessageWriter writer = Begin(Names.Root, name, "ClientNotFound", "ss");
            writer.WriteString(SafeText.Of(keyId));
            writer.WriteString(address.ToString());
            Send(writer);
        }
    }

    /// <summary>A property has a new value.</summary>
    public void PropertyChanged(string path, ClientSnapshot client, ClientPropertyInfo property)
    {
        if (property.Write is { } write)
        {
            foreach (string name in _clientInterfaces)
            {
                using MessageWriter old = Begin(path, name, "PropertyChanged", "sv");
                old.WriteString(property.Utf8Name.Span);
                write(old, client);
                Send(old);
            }
        }

        using MessageWriter writer = Begin(path, Names.Properties, "PropertiesChanged", "sa{sv}as");
        writer.WriteString("se.recompile.Mandos.Client"u8);
        ArrayStart changed = writer.WriteDictionaryStart();
        if (property.Write is { } writeValue)
        {
            writer.WriteDictionaryEntryStart();
            writer.WriteString(property.Utf8Name.Span);
            writeValue(writer, client);
        }

        writer.WriteDictionaryEnd(changed);
        ArrayStart invalidated = writer.WriteArrayStart(DBusType.String);
        if (property.Write is null)
        {
            writer.WriteString(property.Utf8Name.Span);
        }

        writer.WriteArrayEnd(invalidated);
        Send(writer);
    }

    /// <summary>A check began.</summary>
    public void CheckerStarted(string path, string command)
    {
        foreach (string name in _clientInterfaces)
        {
            using MessageWriter writer = Begin(path, name, "CheckerStarted", "s");
            writer.WriteString(SafeText.Of(command));
            Send(writer);
        }
    }

    /// <summary>A check ended by itself.</summary>
    public void CheckerCompleted(string path, CheckResult result, string command)
    {
        // What did not exit has -1 where the exit code would be in the status of wait(2), as programs for Mandos expect it.
        long waitStatus = result.Outcome == CheckOutcome.Exited ? result.WaitStatus : (-1L << 8) | (uint)result.Signal;
        foreach (string name in _clientInterfaces)
        {
            using MessageWriter writer = Begin(path, name, "CheckerCompleted", "nxs");
            writer.WriteInt16((short)result.ExitCode);
            writer.WriteInt64(waitStatus);
            writer.WriteString(SafeText.Of(command));
            Send(writer);
        }
    }

    /// <summary>A client was sent its secret.</summary>
    public void GotSecret(string path)
    {
        foreach (string name in _clientInterfaces)
        {
            using MessageWriter writer = Begin(path, name, "GotSecret", null);
            Send(writer);
        }
    }

    /// <summary>A client was refused its secret.</summary>
    public void Rejected(string path, RejectionReason reason)
    {
        foreach (string name in _clientInterfaces)
        {
            using MessageWriter writer = Begin(path, name, "Rejected", "s");
            writer.WriteString(reason switch
            {
                RejectionReason.Disabled => "Disabled",
                RejectionReason.Denied => "Denied",
                _ => "Approval timed out",
            });
            Send(writer);
        }
    }

    /// <summary>A client waits for approval.</summary>
    public void NeedApproval(string path, TimeSpan timeLeft, bool approvedByDefault)
    {
        foreach (string name in _clientInterfaces)
        {
            using MessageWriter writer = Begin(path, name, "NeedApproval", "tb");
            writer.WriteUInt64((ulong)Math.Max(0, timeLeft.Ticks / TimeSpan.TicksPerMillisecond));
            writer.WriteBool(approvedByDefault);
            Send(writer);
        }
    }

    /// <summary>Other requests wait for a client than before.</summary>
    public void RequestsChanged(string path, ClientSnapshot client)
    {
        using MessageWriter writer = Begin(Names.Root, Names.ServerExtension, "RequestsChanged", "oa" + RequestWriter.Signature);
        writer.WriteObjectPath(path);
        ArrayStart requests = writer.WriteArrayStart(DBusType.Struct);
        RequestWriter.Write(writer, path, client);
        writer.WriteArrayEnd(requests);
        Send(writer);
    }

    /// <summary>Requests from different addresses wait for a client.</summary>
    public void ConflictingRequests(string path, IReadOnlyList<IPAddress> addresses)
    {
        using MessageWriter writer = Begin(Names.Root, Names.ServerExtension, "ConflictingRequests", "oas");
        writer.WriteObjectPath(path);
        writer.WriteArrayOfString([.. addresses.Select(static address => address.ToString())]);
        Send(writer);
    }

    private MessageWriter Begin(string path, string interfaceName, string member, string? signature)
    {
        MessageWriter writer = connection.GetMessageWriter();
        writer.WriteSignalHeader(null, path, interfaceName, member, signature);
        return writer;
    }

    private void Send(MessageWriter writer)
    {
        BytesSent += writer.Length;
        if (!connection.TrySendMessage(writer.CreateMessage()))
        {
            throw new DBusConnectionClosedException("the bus does not take our signals");
        }

        sent();
    }
}
