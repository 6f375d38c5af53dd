using System.Net;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Bus;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Objects;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Signals;

/// <summary>Sends signals. Those of the interfaces of Mandos go out under both names, the new one first.</summary>
/// <param name="connection">Where they go.</param>
/// <param name="sent">Is told of each.</param>
internal sealed class SignalWriter(BusConnection connection, Action sent)
{
    /// <summary>About how many bytes a signal takes besides long texts.</summary>
    private const int Overhead = 300;

    private static readonly string[] _serverInterfaces = [Names.Server, Names.OldServer];
    private static readonly string[] _clientInterfaces = [Names.Client, Names.OldClient];

    /// <summary>About how many bytes of signals were sent.</summary>
    public long BytesSent { get; private set; }

    /// <summary>A client appeared.</summary>
    public void ClientAdded(string path, ClientSnapshot client)
    {
        Send(Names.Root, Names.ObjectManager, "InterfacesAdded", ReplySize.OfManagedObject(path, client), "oa{sa{sv}}", (ref writer) =>
        {
            writer.WriteObjectPath(path);
            ClientWriter.WriteInterfaces(ref writer, path, client);
        });
        foreach (string name in _serverInterfaces)
        {
            Send(Names.Root, name, "ClientAdded", 0, "o", (ref writer) => writer.WriteObjectPath(path));
        }
    }

    /// <summary>A client is gone.</summary>
    public void ClientRemoved(string path, ClientSnapshot client)
    {
        Send(Names.Root, Names.ObjectManager, "InterfacesRemoved", 0, "oas", (ref writer) =>
        {
            writer.WriteObjectPath(path);
            ClientWriter.WriteInterfaceNames(ref writer);
        });
        foreach (string name in _serverInterfaces)
        {
            Send(Names.Root, name, "ClientRemoved", 0, "os", (ref writer) =>
            {
                writer.WriteObjectPath(path);
                writer.WriteString(SafeText.Of(client.Name));
            });
        }
    }

    /// <summary>A peer's key belongs to no client.</summary>
    public void ClientNotFound(string keyId, IPAddress address)
    {
        foreach (string name in _serverInterfaces)
        {
            Send(Names.Root, name, "ClientNotFound", 0, "ss", (ref writer) =>
            {
                writer.WriteString(SafeText.Of(keyId));
                writer.WriteString(address.ToString());
            });
        }
    }

    /// <summary>A property has a new value.</summary>
    public void PropertyChanged(string path, ClientSnapshot client, ClientPropertyInfo property)
    {
        int size = property.TextLength?.Invoke(path, client) ?? 0;
        if (property.Write is { } write && !property.IsExtension)
        {
            foreach (string name in _clientInterfaces)
            {
                Send(path, name, "PropertyChanged", size, "sv", (ref writer) =>
                {
                    writer.WriteString(property.Utf8Name.Span);
                    write(ref writer, path, client);
                });
            }
        }

        Send(path, Names.Properties, "PropertiesChanged", size, "sa{sv}as", (ref writer) =>
        {
            writer.WriteString(property.IsExtension ? Names.ClientExtension : Names.Client);
            ArrayStart changed = writer.WriteDictionaryStart();
            if (property.Write is { } writeValue)
            {
                writer.WriteDictionaryEntryStart();
                writer.WriteString(property.Utf8Name.Span);
                writeValue(ref writer, path, client);
            }

            writer.WriteDictionaryEnd(changed);
            ArrayStart invalidated = writer.WriteArrayStart(DBusType.String);
            if (property.Write is null)
            {
                writer.WriteString(property.Utf8Name.Span);
            }

            writer.WriteArrayEnd(invalidated);
        });
    }

    /// <summary>A check began.</summary>
    public void CheckerStarted(string path, string command)
        => SendOfClient(path, "CheckerStarted", command.Length, "s", (ref writer) => writer.WriteString(SafeText.Of(command)));

    /// <summary>A check ended by itself.</summary>
    public void CheckerCompleted(string path, CheckResult result, string command)
    {
        // A command that did not exit has -1 in place of the exit code in the status of wait(2), as programs for Mandos expect it.
        long waitStatus = result.Outcome == CheckOutcome.Exited ? result.WaitStatus : (-1L << 8) | (uint)result.Signal;
        SendOfClient(path, "CheckerCompleted", command.Length, "nxs", (ref writer) =>
        {
            writer.WriteInt16((short)result.ExitCode);
            writer.WriteInt64(waitStatus);
            writer.WriteString(SafeText.Of(command));
        });
    }

    /// <summary>A client was sent its secret.</summary>
    public void GotSecret(string path) => SendOfClient(path, "GotSecret", 0, null, null);

    /// <summary>A client was refused its secret.</summary>
    public void Rejected(string path, RejectionReason reason) => SendOfClient(path, "Rejected", 0, "s", (ref writer) => writer.WriteString(reason switch
    {
        RejectionReason.Disabled => "Disabled",
        RejectionReason.Denied => "Denied",
        _ => "Approval timed out",
    }));

    /// <summary>A client waits for approval.</summary>
    public void NeedApproval(string path, TimeSpan timeLeft, bool approvedByDefault) => SendOfClient(path, "NeedApproval", 0, "tb", (ref writer) =>
    {
        writer.WriteUInt64((ulong)Math.Max(0, timeLeft.Ticks / TimeSpan.TicksPerMillisecond));
        writer.WriteBool(approvedByDefault);
    });

    /// <summary>Other requests wait for a client than before.</summary>
    public void RequestsChanged(string path, ClientSnapshot client)
    {
        int size = ReplySize.OfRequests(path, client);
        Send(Names.Root, Names.ServerExtension, "RequestsChanged", size, "oa" + RequestWriter.Signature, (ref writer) =>
        {
            writer.WriteObjectPath(path);
            ArrayStart requests = writer.WriteArrayStart(DBusType.Struct);
            RequestWriter.Write(ref writer, path, client);
            writer.WriteArrayEnd(requests);
        });
    }

    /// <summary>Requests from different addresses wait for a client.</summary>
    public void ConflictingRequests(string path, IReadOnlyList<IPAddress> addresses)
        => Send(Names.Root, Names.ServerExtension, "ConflictingRequests", 0, "oas", (ref writer) =>
        {
            writer.WriteObjectPath(path);
            writer.WriteArray(addresses.Select(static address => address.ToString()).ToArray());
        });

    /// <summary>Something says that two machines have the key of a client.</summary>
    public void AnomalyNoticed(string path, AnomalyNoticed anomaly)
        => Send(Names.Root, Names.ServerExtension, "AnomalyNoticed", 0, "osss", (ref writer) =>
        {
            writer.WriteObjectPath(path);
            writer.WriteString(anomaly.Request.Peer.Address.ToString());
            writer.WriteString(anomaly.Kind.ToString());
            writer.WriteString(anomaly.Description);
        });

    /// <summary>A reboot of a client is not expected any more.</summary>
    public void RebootEnded(string path, RebootEnding ending)
        => Send(path, Names.ClientExtension, "RebootEnded", 0, "s", (ref writer) => writer.WriteString(ending switch
        {
            RebootEnding.SecretSent => "secret sent",
            RebootEnding.TimeOver => "time over",
            RebootEnding.TakenBack => "taken back",
            RebootEnding.Disabled => "disabled",
            _ => "new key",
        }));

    /// <summary>A rehearsal of a client's boot is over.</summary>
    public void Rehearsed(string path, IPAddress address, string? problem)
        => Send(path, Names.ClientExtension, "Rehearsed", 0, "ss", (ref writer) =>
        {
            writer.WriteString(address.ToString());
            writer.WriteString(SafeText.Of(problem ?? ""));
        });

    /// <summary>The next key of a client has taken the place of its present one.</summary>
    public void KeyPromoted(string path, string retiredKeyId, bool isTried)
        => Send(path, Names.ClientExtension, "KeyPromoted", 0, "sb", (ref writer) =>
        {
            writer.WriteString(SafeText.Of(retiredKeyId));
            writer.WriteBool(isTried);
        });

    private void SendOfClient(string path, string member, int size, string? signature, BodyWriter? body)
    {
        foreach (string name in _clientInterfaces)
        {
            Send(path, name, member, size, signature, body);
        }
    }

    private void Send(string path, string interfaceName, string member, int longTexts, string? signature, BodyWriter? body)
    {
        BytesSent += Overhead + longTexts;
        connection.SendSignal(path, interfaceName, member, signature, body);
        sent();
    }
}
