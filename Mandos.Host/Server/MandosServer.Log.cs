using Mandos.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class MandosServer
{
    [LoggerMessage(3100, LogLevel.Information, "{Note}")]
    private partial void LogNote(ConfigProblem note);

    [LoggerMessage(3112, LogLevel.Warning, "{Warning}")]
    private partial void LogWarning(ConfigProblem warning);

    [LoggerMessage(3101, LogLevel.Information, "Serving {Count} clients")]
    private partial void LogStarted(int count);

    [LoggerMessage(3102, LogLevel.Information, "Stopping, by {Signal}")]
    private partial void LogStopping(string signal);

    [LoggerMessage(3103, LogLevel.Critical, "Stopping, because {Fault}")]
    private partial void LogDied(string fault);

    [LoggerMessage(3104, LogLevel.Error, "While stopping, {What} failed: {Reason}")]
    private partial void LogBadStop(string what, string reason);

    [LoggerMessage(3105, LogLevel.Error,
        "SIGHUP: cannot re-read the clients' configuration, the one before stays in force: {Reason}")]
    private partial void LogNotReloaded(string reason);

    [LoggerMessage(3113, LogLevel.Warning, "A file that could not be read is readable now: the clients' configuration is read anew")]
    private partial void LogReadable();

    [LoggerMessage(3106, LogLevel.Information,
        "Zeroconf is on, but no announcer plugin is there: clients find this server only by its address and port {Port}")]
    private partial void LogNoZeroconf(int port);

    [LoggerMessage(3107, LogLevel.Information,
        "D-Bus is on, but no D-Bus plugin is there: mandos-ctl and mandos-monitor cannot reach this server")]
    private partial void LogNoDBus();

    [LoggerMessage(3108, LogLevel.Information, "Announced as “{Name}”")]
    private partial void LogAnnounced(string name);

    [LoggerMessage(3110, LogLevel.Warning, "TLS could not be warmed up, the first client is served more slowly: {Reason}")]
    private partial void LogNotWarm(string reason);

    [LoggerMessage(3111, LogLevel.Warning,
        "max_connections is {Wanted}, but the limit on open files allows {Room} connections; raise that (LimitNOFILE= in systemd)")]
    private partial void LogFewDescriptors(int wanted, long room);

    [LoggerMessage(3114, LogLevel.Warning,
        "The priority string has “{Word}”, which is unknown and passed over: mandos --show-priority shows what is left")]
    private partial void LogUnknownPriority(string word);

    [LoggerMessage(3023, LogLevel.Warning, "Plugin {Plugin}: {Name} takes long to load the state; the server waits for it")]
    private partial void LogSlowStore(string plugin, string name);

    [LoggerMessage(3024, LogLevel.Debug, "Plugins took {Milliseconds:F1} ms, of which {Loading:F1} ms to load")]
    private partial void LogPluginTime(double milliseconds, double loading);

    [LoggerMessage(3220, LogLevel.Critical, "Ended, because {Fault}")]
    private partial void LogEnded(string fault);

    [LoggerMessage(3229, LogLevel.Critical,
        "Ended without saving everything, so that the next start takes clients as they were before ({Unsaved})")]
    private partial void LogNotSaved(string unsaved);

    [LoggerMessage(3221, LogLevel.Warning, "Not waiting for {What} to end: a second signal came")]
    private partial void LogHurried(string what);

    [LoggerMessage(3222, LogLevel.Information, "Running as user {User} and group {Group}")]
    private partial void LogBecame(string user, string group);

    [LoggerMessage(3223, LogLevel.Warning, "Not started by root, so it cannot become user {User}: it stays {Own}")]
    private partial void LogNotRoot(string user, string own);

    [LoggerMessage(3227, LogLevel.Warning, "Root may not become user {User} here, so the server, and the checkers that it starts, stay root: {Reason}")]
    private partial void LogStaysRoot(string user, string reason);

    [LoggerMessage(3228, LogLevel.Warning,
        "Process {Tracer} traces this one, and so sees the secrets in its memory; they are not kept from other programs of this user either")]
    private partial void LogTraced(int tracer);

    [LoggerMessage(3224, LogLevel.Error, "Cannot keep debuggers and core dumps away from the secrets in memory: {Reason}")]
    private partial void LogNotProtected(string reason);

    [LoggerMessage(3225, LogLevel.Warning,
        "{File} can be read by root alone, so SIGHUP cannot re-read it; let group {Group} read it (chgrp {Group}, chmod 640), and secfiles")]
    private partial void LogNotReloadable(string file, string group);

    [LoggerMessage(3226, LogLevel.Warning, "The kernel gives no timer, so nothing ends this server if it is stopped or frozen: {Reason}")]
    private partial void LogNoTimer(string reason);

    [LoggerMessage(2051, LogLevel.Warning, "{Note}")]
    private partial void LogAbsentPlugin(ConfigProblem note);
}
