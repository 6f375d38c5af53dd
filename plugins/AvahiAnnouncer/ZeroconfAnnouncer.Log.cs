using Mandos.AvahiAnnouncer.Registration;
using Microsoft.Extensions.Logging;

namespace Mandos.AvahiAnnouncer;

public sealed partial class ZeroconfAnnouncer
{
    [LoggerMessage(4200, LogLevel.Error,
        "Not announced, clients find this server only by its address: {Reason}. It is tried again until it works")]
    private static partial void LogTrouble(ILogger logger, string reason);

    [LoggerMessage(4201, LogLevel.Debug, "Still not announced: {Reason}; next try in {Seconds} s")]
    private static partial void LogSameTrouble(ILogger logger, string reason, double seconds);

    [LoggerMessage(4202, LogLevel.Error,
        "Not announced, clients find this server only by its address: Avahi (avahi-daemon) is not on the D-Bus. "
        + "It is announced as soon as Avahi is there")]
    private static partial void LogNoAvahi(ILogger logger);

    [LoggerMessage(4203, LogLevel.Debug, "Not announced until Avahi has its host name ({State})")]
    private static partial void LogNotReady(ILogger logger, ServerState state);

    [LoggerMessage(4204, LogLevel.Warning,
        "Not announced for now: another machine on the network has Avahi's host name, and Avahi is about to take another one")]
    private static partial void LogHostCollision(ILogger logger);

    [LoggerMessage(4205, LogLevel.Error,
        "Not announced, clients find this server only by its address: Avahi says that it has failed; see its own log")]
    private static partial void LogAvahiFailed(ILogger logger);

    [LoggerMessage(4206, LogLevel.Information, "The service name “{Taken}” is taken; trying “{Name}”")]
    private static partial void LogRenamed(ILogger logger, string taken, string name);

    [LoggerMessage(4210, LogLevel.Warning,
        "Avahi announces “{Name}”, but does not find it itself, so nobody else will: it uses no network interface for that. Is one up, and does "
        + "avahi-daemon.conf allow it, and IPv6 (use-ipv6=yes; use-ipv4=yes for a server with --no-ipv6)?")]
    private static partial void LogHidden(ILogger logger, string name);

    [LoggerMessage(4211, LogLevel.Information, "“{Name}” can be found now")]
    private static partial void LogFound(ILogger logger, string name);

    // As loud as what was said before, which would be the last word otherwise
    [LoggerMessage(4212, LogLevel.Warning, "Announced now as “{Name}”, so that clients find this server")]
    private static partial void LogAnnouncedAtLast(ILogger logger, string name);

    [LoggerMessage(4209, LogLevel.Debug, "Avahi is told to announce the service, and makes sure first that the name is free")]
    private static partial void LogCommitted(ILogger logger);

    [LoggerMessage(4208, LogLevel.Warning,
        "Not announced yet, clients find this server only by its address: Avahi does not get done with making sure that nobody else "
        + "on the network is called “{Name}”; it is asked again")]
    private static partial void LogRetried(ILogger logger, string name);

    [LoggerMessage(4207, LogLevel.Debug, "Avahi did not confirm in time that the service is withdrawn")]
    private static partial void LogNotWithdrawn(ILogger logger);
}
