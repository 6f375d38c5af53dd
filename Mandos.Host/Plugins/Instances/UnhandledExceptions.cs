using System.Diagnostics;
using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Runtime.Loader;
using Mandos.Engine;
using Mandos.Host.Plugins.Isolation;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins.Instances;

/// <summary>
/// Catches unhandled exceptions of plugins on threads of their own, in timers, in <c>async void</c> methods and the like, which would end
/// the process. The thread or callback ends, the plugin is marked as broken, and the server goes on.
/// </summary>
/// <remarks>Nothing can be done about a stack overflow, a crash in native code, or a plugin that ends the process by itself.</remarks>
internal sealed partial class UnhandledExceptions(PluginCatalog plugins, TimeProvider timeProvider, ILogger logger)
{
    private static readonly Assembly[] _own = [typeof(UnhandledExceptions).Assembly, typeof(MandosEngine).Assembly];

    private readonly ILogger _logger = logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<Plugin, (long Logged, int Unlogged)> _history = [];

    /// <summary>Starts to catch them. Once in the life of a process.</summary>
    public void Catch() => ExceptionHandling.SetUnhandledExceptionHandler(TryHandle);

    /// <summary>Takes an exception if it is a plugin's.</summary>
    /// <returns>Whether it is one; else the process has to end.</returns>
    public bool TryHandle(Exception exception)
    {
        if (FindCulprit(exception) is not { } plugin)
        {
            return false;
        }

        if (ShouldLog(plugin, out int unlogged))
        {
            LogUnhandled(plugin.Description.Name, plugin.Summarize(exception), unlogged);
            LogTrace(plugin.Description.Name, plugin.Hide(exception.ToString()));
        }

        plugin.FailUnhandled(exception);
        return true;
    }

    /// <summary>
    /// The plugin with an unhandled exception: the one whose code is outermost on the stack, unless the server's own code is further out,
    /// which should have caught it. That the server's code is further in does not matter: it threw to its caller, as a method may.
    /// </summary>
    private Plugin? FindCulprit(Exception exception)
    {
        StackFrame[] frames = new StackTrace(exception).GetFrames();
        for (int i = frames.Length - 1; i >= 0; i--)
        {
            if (frames[i].GetMethod()?.Module.Assembly is not { } assembly)
            {
                continue;
            }

            if (_own.Contains(assembly))
            {
                return null;
            }

            if (AssemblyLoadContext.GetLoadContext(assembly) is { } context && plugins.FindByLoadContext(context) is { } plugin)
            {
                return plugin;
            }
        }

        // Callbacks of a cancellation come together, with no caller on the stack.
        return exception is AggregateException { InnerExceptions: [var first, ..] inner } && inner.All(one => FindCulprit(one) is not null)
            ? FindCulprit(first)
            : null;
    }

    private bool ShouldLog(Plugin plugin, out int unlogged)
    {
        lock (_lock)
        {
            bool isKnown = _history.TryGetValue(plugin, out (long Logged, int Unlogged) before);
            unlogged = before.Unlogged;
            if (isKnown && timeProvider.GetElapsedTime(before.Logged) < PluginLimits.FaultLogPause)
            {
                _history[plugin] = before with { Unlogged = unlogged + 1 };
                return false;
            }

            _history[plugin] = (timeProvider.GetTimestamp(), 0);
            return true;
        }
    }
}
