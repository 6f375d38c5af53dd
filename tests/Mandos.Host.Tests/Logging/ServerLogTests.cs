using System.Text;
using System.Text.Json;
using Mandos.Host.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Host.Tests.Logging;

public sealed class ServerLogTests : IDisposable
{
    private readonly MemoryStream _terminal = new();
    private readonly FakeTimeProvider _timeProvider = new(new(2026, 11, 23, 4, 35, 1, 94, TimeSpan.Zero));

    public ServerLogTests()
        => _timeProvider.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test"));

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public void Log_ServersLogger_HasTimeTagAndLevel()
    {
        var text = Log(LogLevel.Trace, logger => Record(logger, LogLevel.Warning, "client x denied"));
        Assert.Equal($"2026-11-23 05:35:01,094 Mandos [{Environment.ProcessId}]: WARNING: client x denied\n", text);
    }

    [Theory]
    [InlineData(LogLevel.Critical, "CRITICAL")]
    [InlineData(LogLevel.Error, "ERROR")]
    [InlineData(LogLevel.Warning, "WARNING")]
    [InlineData(LogLevel.Information, "INFO")]
    [InlineData(LogLevel.Debug, "DEBUG")]
    [InlineData(LogLevel.Trace, "DEBUG")]
    public void Log_Level_HasItsName(LogLevel level, string name)
        => Assert.EndsWith($"]: {name}: text\n", Log(LogLevel.Trace, logger => Record(logger, level, "text")), StringComparison.Ordinal);

    [Fact]
    public void Log_OtherServiceName_IsShown()
    {
        using (var log = CreateLog(LogLevel.Trace))
        {
            log.ServiceName = "Mandos #2";
            Record(log.Factory.CreateLogger("Mandos.Engine"), LogLevel.Information, "hello");
        }

        Assert.Equal($"2026-11-23 05:35:01,094 Mandos (Mandos #2) [{Environment.ProcessId}]: INFO: hello\n", Text);
    }

    [Fact]
    public void Log_PluginsLogger_ShowsItsName()
    {
        var text = Log(LogLevel.Trace, logger => Record(logger, LogLevel.Critical, "gone"), category: "StateSqlite");
        Assert.EndsWith("]: CRITICAL: StateSqlite: gone\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_BelowMinimumLevel_IsLeftOut()
    {
        var text = Log(LogLevel.Warning, logger =>
        {
            Record(logger, LogLevel.Information, "no");
            Record(logger, LogLevel.Warning, "yes");
        });
        Assert.EndsWith("]: WARNING: yes\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("INFO", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_TextWithLineBreaks_IsOneLine()
    {
        var text = Log(
            LogLevel.Trace,
            logger => Record(logger, LogLevel.Error, "peer said x\nMandos [1]: INFO: forged", new IOException("a\nb")));
        Assert.EndsWith("]: ERROR: peer said x\\nMandos [1]: INFO: forged: a b\n", text, StringComparison.Ordinal);
        Assert.Single(text.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Log_StackTraceAskedFor_FollowsIndented()
    {
        var exception = Assert.Throws<IOException>(Throw);
        var text = Log(LogLevel.Trace, logger => Record(logger, LogLevel.Error, "failed", exception), showStackTraces: true);
        var lines = text.TrimEnd('\n').Split('\n');
        Assert.EndsWith("]: ERROR: failed: first second", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.Contains(nameof(Throw), StringComparison.Ordinal));
        Assert.All(lines[1..], line => Assert.StartsWith("    ", line, StringComparison.Ordinal));

        static void Throw() => throw new IOException("first\nsecond");
    }

    [Fact]
    public void LogAsJson_Record_IsAnObjectOnOneLine()
    {
        using (ServerLog log = new(LogLevel.Trace, _terminal, false, _timeProvider, useSyslog: false, OutputFormat.Json))
        {
            Assert.True(log.IsJson);
            ILogger logger = log.Factory.CreateLogger("StateSqlite");
            logger.Log(LogLevel.Error, new EventId(17), "peer \"x\"\nMandos: \u202eü", new IOException("a\nb"), (text, _) => text);
            log.WriteFatal("no port");
        }

        string[] lines = Text.Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal("", lines[2]);
        using JsonDocument first = JsonDocument.Parse(lines[0]);
        Assert.Equal(["time", "level", "eventId", "category", "message"], first.RootElement.EnumerateObject().Select(field => field.Name));
        Assert.Equal("2026-11-23T04:35:01.094Z", first.RootElement.GetProperty("time").GetString());
        Assert.Equal("ERROR", first.RootElement.GetProperty("level").GetString());
        Assert.Equal(17, first.RootElement.GetProperty("eventId").GetInt32());
        Assert.Equal("StateSqlite", first.RootElement.GetProperty("category").GetString());
        Assert.Equal(@"peer ""x""\nMandos: \u202eü: a b", first.RootElement.GetProperty("message").GetString());
        using JsonDocument second = JsonDocument.Parse(lines[1]);
        Assert.Equal("CRITICAL", second.RootElement.GetProperty("level").GetString());
        Assert.Equal("no port", second.RootElement.GetProperty("message").GetString());
    }

    [Fact]
    public void LogAsJson_StackTraceAskedFor_IsInTheObject()
    {
        var exception = Assert.Throws<IOException>(Throw);
        using (ServerLog log = new(LogLevel.Trace, _terminal, true, _timeProvider, useSyslog: false, OutputFormat.Json))
        {
            Record(log.Factory.CreateLogger("x"), LogLevel.Error, "failed", exception);
        }

        using JsonDocument record = JsonDocument.Parse(Assert.Single(Text.TrimEnd('\n').Split('\n')));
        Assert.Contains(nameof(Throw), record.RootElement.GetProperty("exception").GetString(), StringComparison.Ordinal);

        static void Throw() => throw new IOException("first\nsecond");
    }

    private string Text => Encoding.UTF8.GetString(_terminal.ToArray());

    private ServerLog CreateLog(LogLevel level, bool showStackTraces = false) => new(level, _terminal, showStackTraces, _timeProvider);

    private static void Record(ILogger logger, LogLevel level, string message, Exception? exception = null)
        => logger.Log(level, default, message, exception, (text, _) => text);

    private string Log(LogLevel level, Action<ILogger> use, string category = "Mandos.Engine.Clients", bool showStackTraces = false)
    {
        using (var log = CreateLog(level, showStackTraces))
        {
            use(log.Factory.CreateLogger(category));
        }

        return Text;
    }
}
