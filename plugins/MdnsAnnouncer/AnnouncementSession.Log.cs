using Microsoft.Extensions.Logging;

namespace Mandos.MdnsAnnouncer;

internal sealed partial class AnnouncementSession
{
    [LoggerMessage(4230, LogLevel.Error,
        "Not announced, clients find this server only by its address: no network interface that could do it is up and has an {Family} address. "
        + "It is announced as soon as there is one")]
    private partial void LogNoInterface(string family);

    [LoggerMessage(4236, LogLevel.Error, "Not announced there: {Refusals}. It is tried again until it works")]
    private partial void LogRefused(string refusals);

    [LoggerMessage(4231, LogLevel.Information, "The name “{Taken}” is taken; trying “{Name}”")]
    private partial void LogRenamed(string taken, string name);

    [LoggerMessage(4232, LogLevel.Debug, "On interface {Interface} it is made sure that the names are free, and then announced")]
    private partial void LogLink(string @interface);

    [LoggerMessage(4233, LogLevel.Debug, "Interface {Interface} carries no messages: {Reason}")]
    private partial void LogLost(string @interface, string reason);

    [LoggerMessage(4235, LogLevel.Warning, "The kernel does not tell which network interfaces there are: {Reason}; it is asked again")]
    private partial void LogNotListed(string reason);

    [LoggerMessage(4234, LogLevel.Debug, "Not announced on interface {Interface} any more")]
    private partial void LogDropped(string @interface);
}
