using System.Text;
using Mandos.Bus;
using Mandos.DBusControl.Clients;
using Mandos.DBusControl.Texts;

namespace Mandos.DBusControl.Objects;

/// <summary>Descriptions of the objects in XML (D-Bus Specification, "Introspection Data Format").</summary>
internal static class Introspection
{
    /// <summary>What a child node takes besides its name.</summary>
    public const int NodeOverhead = 20;

    private const string Deprecated = """<annotation name="org.freedesktop.DBus.Deprecated" value="true"/>""";

    private const string Header =
        """
        <!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
         "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">

        """;

    private const string IntrospectableXml =
        """
          <interface name="org.freedesktop.DBus.Introspectable">
            <method name="Introspect">
              <arg name="xml_data" type="s" direction="out"/>
            </method>
          </interface>

        """;

    private const string PropertiesXml =
        """
          <interface name="org.freedesktop.DBus.Properties">
            <method name="Get">
              <arg name="interface_name" type="s" direction="in"/>
              <arg name="property_name" type="s" direction="in"/>
              <arg name="value" type="v" direction="out"/>
            </method>
            <method name="Set">
              <arg name="interface_name" type="s" direction="in"/>
              <arg name="property_name" type="s" direction="in"/>
              <arg name="value" type="v" direction="in"/>
            </method>
            <method name="GetAll">
              <arg name="interface_name" type="s" direction="in"/>
              <arg name="props" type="a{sv}" direction="out"/>
            </method>
            <signal name="PropertiesChanged">
              <arg name="interface_name" type="s"/>
              <arg name="changed_properties" type="a{sv}"/>
              <arg name="invalidated_properties" type="as"/>
            </signal>
          </interface>

        """;

    private const string ObjectManagerXml =
        """
          <interface name="org.freedesktop.DBus.ObjectManager">
            <method name="GetManagedObjects">
              <arg name="objpath_interfaces_and_properties" type="a{oa{sa{sv}}}" direction="out"/>
            </method>
            <signal name="InterfacesAdded">
              <arg name="object_path" type="o"/>
              <arg name="interfaces_and_properties" type="a{sa{sv}}"/>
            </signal>
            <signal name="InterfacesRemoved">
              <arg name="object_path" type="o"/>
              <arg name="interfaces" type="as"/>
            </signal>
          </interface>

        """;

    private const string ServerMembers =
        $"""
            <method name="GetAllClients">
              <arg type="ao" direction="out"/>
              {Deprecated}
            </method>
            <method name="GetAllClientsWithProperties">
              <arg type="a{"{oa{sv}}"}" direction="out"/>
              {Deprecated}
            </method>
            <method name="RemoveClient">
              <arg name="object_path" type="o" direction="in"/>
            </method>
            <signal name="ClientAdded">
              <arg name="objpath" type="o"/>
            </signal>
            <signal name="ClientNotFound">
              <arg name="key_id" type="s"/>
              <arg name="address" type="s"/>
            </signal>
            <signal name="ClientRemoved">
              <arg name="objpath" type="o"/>
              <arg name="name" type="s"/>
              {Deprecated}
            </signal>

        """;

    private const string ExtensionMethods =
        """
            <method name="GetClients">
              <arg name="after" type="t" direction="in"/>
              <arg name="count" type="u" direction="in"/>
              <arg name="clients" type="a{oa{sv}}" direction="out"/>
              <arg name="last" type="t" direction="out"/>
            </method>
            <method name="ChangeClients">
              <arg name="clients" type="ao" direction="in"/>
              <arg name="property" type="s" direction="in"/>
              <arg name="value" type="v" direction="in"/>
              <arg name="problems" type="a(osss)" direction="out"/>
            </method>
            <method name="GetRequests">
              <arg name="requests" type="a(tossqss)" direction="out"/>
            </method>
            <method name="DecideRequest">
              <arg name="id" type="t" direction="in"/>
              <arg name="approve" type="b" direction="in"/>
            </method>
            <method name="GetKeptClients">
              <arg name="clients" type="a(sssss)" direction="out"/>
            </method>
            <method name="GetUnknownKeys">
              <arg name="keys" type="a(sstss)" direction="out"/>
            </method>
            <method name="ForgetClient">
              <arg name="name" type="s" direction="in"/>
            </method>
            <method name="ExamineClients">
              <arg name="sections" type="ay" direction="in"/>
              <arg name="config_directory" type="s" direction="out"/>
              <arg name="clients" type="a(uusa{sv})" direction="out"/>
              <arg name="problems" type="as" direction="out"/>
              <arg name="doubts" type="as" direction="out"/>
            </method>
            <method name="GetInvitations">
              <arg name="invitations" type="a(ssssss)" direction="out"/>
            </method>
            <method name="Invite">
              <arg name="name" type="s" direction="in"/>
              <arg name="milliseconds" type="t" direction="in"/>
              <arg name="token" type="s" direction="out"/>
              <arg name="pin" type="s" direction="out"/>
              <arg name="end_points" type="as" direction="out"/>
              <arg name="until" type="s" direction="out"/>
            </method>
            <method name="GetInvitedSection">
              <arg name="name" type="s" direction="in"/>
              <arg name="section" type="ay" direction="out"/>
            </method>
            <method name="EndInvitation">
              <arg name="name" type="s" direction="in"/>
              <arg name="accepted" type="b" direction="in"/>
            </method>
            <method name="GetServers">
              <arg name="servers" type="a(sstxxsbb)" direction="out"/>
              <arg name="revision" type="t" direction="out"/>
              <arg name="wait" type="t" direction="out"/>
            </method>
            <method name="Reload"/>
            <signal name="RequestsChanged">
              <arg name="client" type="o"/>
              <arg name="requests" type="a(tossqss)"/>
            </signal>
            <signal name="ConflictingRequests">
              <arg name="client" type="o"/>
              <arg name="addresses" type="as"/>
            </signal>
            <signal name="AnomalyNoticed">
              <arg name="client" type="o"/>
              <arg name="address" type="s"/>
              <arg name="kind" type="s"/>
              <arg name="description" type="s"/>
            </signal>

        """;

    private const string ClientMembers =
        $"""
            <method name="Approve">
              <arg name="value" type="b" direction="in"/>
            </method>
            <method name="CheckedOK"/>
            <method name="Enable">{Deprecated}</method>
            <method name="Disable">{Deprecated}</method>
            <method name="StartChecker">{Deprecated}</method>
            <method name="StopChecker">{Deprecated}</method>
            <signal name="CheckerCompleted">
              <arg name="exitcode" type="n"/>
              <arg name="waitstatus" type="x"/>
              <arg name="command" type="s"/>
            </signal>
            <signal name="CheckerStarted">
              <arg name="command" type="s"/>
            </signal>
            <signal name="GotSecret"/>
            <signal name="NeedApproval">
              <arg name="timeout" type="t"/>
              <arg name="default" type="b"/>
            </signal>
            <signal name="PropertyChanged">
              <arg name="property" type="s"/>
              <arg name="value" type="v"/>
              {Deprecated}
            </signal>
            <signal name="Rejected">
              <arg name="reason" type="s"/>
            </signal>

        """;

    private const string ClientExtensionMembers =
        """
            <method name="ExpectReboot">
              <arg name="time" type="t" direction="in"/>
              <arg name="reason" type="s" direction="in"/>
              <arg name="needs_no_approval" type="b" direction="in"/>
            </method>
            <method name="Rehearse">
              <arg name="valid" type="t" direction="in"/>
            </method>
            <method name="Promote"/>
            <signal name="KeyPromoted">
              <arg name="retired_key_id" type="s"/>
              <arg name="tried" type="b"/>
            </signal>
            <signal name="RebootEnded">
              <arg name="why" type="s"/>
            </signal>
            <signal name="Rehearsed">
              <arg name="address" type="s"/>
              <arg name="problem" type="s"/>
            </signal>

        """;

    private static readonly string _server =
        IntrospectableXml + PropertiesXml + ObjectManagerXml + Interface(Names.Server, ServerMembers)
        + Interface(Names.OldServer, ServerMembers + Deprecated) + Interface(Names.ServerExtension, ExtensionMembers());

    private static readonly string _client = IntrospectableXml + PropertiesXml
        + Interface(Names.Client, ClientMembers + PropertyMembers(ClientProperties.All))
        + Interface(Names.OldClient, ClientMembers + Deprecated + PropertyMembers(ClientProperties.All))
        + Interface(Names.ClientExtension, ClientExtensionMembers + PropertyMembers(ClientProperties.Extensions));

    /// <summary>Describes <c>/</c>.</summary>
    /// <param name="hasClients">Whether there is a client.</param>
    public static string Server(bool hasClients)
        => $"{Header}<node name=\"/\">\n{_server}{(hasClients ? "  <node name=\"clients\"/>\n" : "")}</node>\n";

    /// <summary>Describes a client.</summary>
    public static string Client(string path) => $"{Header}<node name=\"{path}\">\n{_client}</node>\n";

    /// <summary>Describes what has no interfaces of its own.</summary>
    /// <param name="children">Names of the nodes below it.</param>
    public static string Node(IEnumerable<string> children)
    {
        var text = new StringBuilder(Header).Append("<node>\n");
        foreach (string child in children)
        {
            text.Append("  <node name=\"").Append(child).Append("\"/>\n");
        }

        return text.Append("</node>\n").ToString();
    }

    /// <summary>Answers a call of Introspect.</summary>
    public static Task? Reply(BusCall context, string description)
    {
        context.Reply("s", (ref writer) => writer.WriteString(description));
        return null;
    }

    private static string Interface(string name, string members) => $"  <interface name=\"{name}\">\n{members}  </interface>\n";

    private static string PropertyMembers(IEnumerable<ClientPropertyInfo> properties) => string.Concat(properties.Select(static property => Property(
        property.Name,
        property.Signature,
        (property.Write, property.Set) switch
        {
            (null, _) => "write",
            (_, null) => "read",
            _ => "readwrite",
        },
        property.EmitsChangedSignal,
        property.Deprecated)));

    private static string ExtensionMembers() => ExtensionMethods + string.Concat(ServerPropertyInfo.All.Select(
        property => Property(property.Name, property.Signature, "read", property.EmitsChangedSignal, deprecated: false)));

    private static string Property(string name, string signature, string access, string? emitsChangedSignal, bool deprecated)
    {
        string emits = emitsChangedSignal is null
            ? ""
            : $"<annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"{emitsChangedSignal}\"/>";
        return $"    <property name=\"{name}\" type=\"{signature}\" access=\"{access}\">{emits}{(deprecated ? Deprecated : "")}</property>\n";
    }
}
