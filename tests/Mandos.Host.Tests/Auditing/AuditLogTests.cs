using System.Collections.Concurrent;
using System.Text.Json;
using Mandos.Host.Auditing;
using Mandos.Host.Configuration;
using Mandos.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Host.Tests.Auditing;

public sealed class AuditLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Lines _log = new();

    // Nobody advances it: a failed write is tried again only when a test has it tried.
    private readonly FakeTimeProvider _timeProvider = new();

    public void Dispose() => _directory.Dispose();

    private string FileName => Path.Combine(_directory.FullName, "sub", "audit");

    [Fact]
    public void Write_Many_AppendsThemInOrder()
    {
        MakeDirectory();
        File.WriteAllText(FileName, "before\n");
        using (AuditLog audit = Open())
        {
            for (int port = 1; port <= 5000; port++)
            {
                audit.Write(Records.Make(port));
            }
        }

        string[] lines = File.ReadAllLines(FileName);
        Assert.Equal("before", lines[0]);
        Assert.Equal(Enumerable.Range(1, 5000), lines.Skip(1).Select(PortOf));
        Assert.Empty(_log);
    }

    [Fact]
    public async Task Open_NewFile_IsForOwnerAndGroupAlone()
    {
        MakeDirectory();
        using AuditLog audit = Open();
        Assert.True(await audit.TryWriteThroughAsync(Records.Make(), Cancellation));

        UnixFileMode others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.GroupWrite;
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(FileName) & others);
    }

    [Fact]
    public async Task Reopen_FileRenamed_GoesOnInANewOne()
    {
        MakeDirectory();
        using AuditLog audit = Open();
        await audit.TryWriteThroughAsync(Records.Make(1), Cancellation);
        File.Move(FileName, FileName + ".1");
        await audit.TryWriteThroughAsync(Records.Make(2), Cancellation);

        audit.Reopen();
        await audit.TryWriteThroughAsync(Records.Make(3), Cancellation);

        Assert.Equal([1, 2], Ports(FileName + ".1"));
        Assert.Equal([3], Ports(FileName));
    }

    [Fact]
    public async Task Reopen_Impossible_KeepsTheFormerAndSaysSo()
    {
        MakeDirectory();
        using AuditLog audit = Open();
        await audit.TryWriteThroughAsync(Records.Make(1), Cancellation);
        Directory.Move(Path.GetDirectoryName(FileName)!, Path.Combine(_directory.FullName, "moved"));

        audit.Reopen();
        Assert.True(await audit.TryWriteThroughAsync(Records.Make(2), Cancellation));

        Assert.Equal([1, 2], Ports(Path.Combine(_directory.FullName, "moved", "audit")));
        Assert.Equal($"Error {FileName}: cannot open the audit log again: No such file or directory; the former file stays in use",
            Assert.Single(_log));
    }

    [Fact]
    public async Task Write_FileFails_SaysSoOnceAndLosesNothing()
    {
        using AuditLog audit = Open();
        for (int port = 1; port <= 3; port++)
        {
            audit.Write(Records.Make(port));
            Assert.False(await audit.TryWriteThroughAsync(Records.Make(10 + port), Cancellation));
        }

        Assert.Equal(
            $"Error {FileName}: cannot write the audit log: No such file or directory; it is tried again, and its records are kept for now",
            Assert.Single(_log));
        MakeDirectory();
        Assert.True(await audit.TryWriteThroughAsync(Records.Make(20), Cancellation));

        Assert.Equal([1, 11, 2, 12, 3, 13, 20], Ports(FileName));
        Assert.Equal($"Warning {FileName}: the audit log is written again", _log.Last());
    }

    [Fact]
    public async Task Write_TooManyWait_LosesTheNewestAndSaysHowMany()
    {
        using AuditLog audit = Open(capacity: 3);
        Assert.False(await audit.TryWriteThroughAsync(Records.Make(1), Cancellation));
        for (int port = 2; port <= 7; port++)
        {
            audit.Write(Records.Make(port));
        }

        Assert.Single(_log, line => line.Contains("more than 3 records wait", StringComparison.Ordinal));
        Assert.Equal(3, audit.LostRecords);
        Assert.InRange(audit.WaitingRecords, 3, 4);
        MakeDirectory();
        Assert.True(await audit.TryWriteThroughAsync(Records.Make(8), Cancellation));

        string[] lines = File.ReadAllLines(FileName);
        Assert.Equal([1, 2, 3, 4], lines[..4].Select(PortOf));
        Assert.Equal(3, JsonElement.Parse(lines[4]).GetProperty("lost").GetInt32());
        Assert.Equal([8], lines[5..].Select(PortOf));
        Assert.Equal((3, 0), (audit.LostRecords, audit.WaitingRecords));
    }

    [Fact]
    public async Task TryWriteThroughAsync_FullDisk_IsFalseEachTime()
    {
        using AuditLog audit = new("/dev/full", isRequired: true, _timeProvider, _log);
        Assert.False(await audit.TryWriteThroughAsync(Records.Make(), Cancellation));
        Assert.False(await audit.TryWriteThroughAsync(Records.Make(), Cancellation));
        Assert.Contains("No space left on device", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TryWriteThroughAsync_OthersHaveFilledTheDisk_HasItsRoom()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        MakeDirectory();
        string disk = Path.GetDirectoryName(FileName)!;
        Run("mount", "-t", "tmpfs", "-o", "size=2m", "none", disk);
        try
        {
            using var audit = new AuditLog(FileName, isRequired: true, _timeProvider, _log);
            Run("dd", "if=/dev/zero", $"of={disk}/rest", "bs=4k");
            int others = 0;
            do
            {
                audit.Write(Records.Make(1000 + others++));
                Assert.True(await audit.TryWriteThroughAsync(Records.Make(others), Cancellation));
            }
            while (_log.IsEmpty && others < 5000);

            for (int i = 0; i < 600; i++)
            {
                audit.Write(Records.Make(1000 + others++)); // more than are written at once
            }

            Assert.True(await audit.TryWriteThroughAsync(Records.Make(others), Cancellation));
            Assert.Contains("No space left on device", Assert.Single(_log), StringComparison.Ordinal);
            Assert.Equal(others, Ports(FileName).Last());

            File.Delete($"{disk}/rest");
            while (_log.Count < 2)
            {
                Assert.True(await audit.TryWriteThroughAsync(Records.Make(), Cancellation));
            }

            audit.Dispose();
            Assert.Equal(Enumerable.Range(1000, others), Ports(FileName).Where(static port => port >= 1000));
        }
        finally
        {
            Run("umount", disk);
        }
    }

    [Fact]
    public async Task Reopen_FileRenamed_GivesItsRoomBack()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        MakeDirectory();
        string disk = Path.GetDirectoryName(FileName)!;
        Run("mount", "-t", "tmpfs", "-o", "size=8m", "none", disk);
        try
        {
            using var audit = new AuditLog(FileName, isRequired: true, _timeProvider, _log);
            for (int i = 0; i < 10; i++)
            {
                Assert.True(await audit.TryWriteThroughAsync(Records.Make(), Cancellation));
                File.Move(FileName, $"{FileName}.{i}");
                audit.Reopen();
            }

            Assert.True(await audit.TryWriteThroughAsync(Records.Make(), Cancellation));
            Assert.InRange(new DriveInfo(disk).AvailableFreeSpace, 6 * 1024 * 1024, 7 * 1024 * 1024);
        }
        finally
        {
            Run("umount", disk);
        }
    }

    [Fact]
    public async Task TryWriteThroughAsync_AfterTheEnd_IsFalse()
    {
        MakeDirectory();
        AuditLog audit = Open();
        audit.Dispose();
        audit.Write(Records.Make());
        Assert.False(await audit.TryWriteThroughAsync(Records.Make(), Cancellation));
        Assert.Empty(File.ReadAllLines(FileName));
    }

    [Fact]
    public void Dispose_FileFails_SaysThatRecordsAreMissing()
    {
        using (AuditLog audit = Open())
        {
            audit.Write(Records.Make());
        }

        Assert.Equal($"Error {FileName}: the last records could not be written to the audit log", _log.Last());
    }

    [Fact]
    public void Open_RequiredAndImpossible_IsRefused()
    {
        var e = Assert.Throws<StartException>(() => new AuditLog(FileName, isRequired: true, _timeProvider, _log));
        Assert.Equal($"{FileName}: cannot open the audit log: No such file or directory; it is required (audit_required)", e.Message);
    }

    [Fact]
    public void Open_PipeWithoutReader_DoesNotHang()
    {
        MakeDirectory();
        System.Diagnostics.Process.Start("mkfifo", [FileName]).WaitForExit();
        Assert.Throws<StartException>(() => new AuditLog(FileName, isRequired: true, _timeProvider, _log));
    }

    [Fact]
    public void Open_LinkAsRoot_IsRefused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root refuses links");
        MakeDirectory();
        File.CreateSymbolicLink(FileName, Path.Combine(_directory.FullName, "target"));
        Assert.Throws<StartException>(() => new AuditLog(FileName, isRequired: true, _timeProvider, _log));
        Assert.False(File.Exists(Path.Combine(_directory.FullName, "target")));
    }

    [Fact]
    public void GiveTo_AsRoot_ChangesOwnerOfFilesAlone()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "giving files away needs root");
        MakeDirectory();
        using (AuditLog audit = Open())
        using (var device = new AuditLog("/dev/null", isRequired: true, _timeProvider, _log))
        {
            audit.GiveTo(65534, 65534);
            device.GiveTo(65534, 65534);
        }

        Assert.Equal("65534:65534", OwnerOf(FileName));
        Assert.Equal("0:0", OwnerOf("/dev/null"));
        Assert.Empty(_log);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static void Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
    }

    private static string OwnerOf(string path)
    {
        using var stat = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stat", ["--format=%u:%g", path]) { RedirectStandardOutput = true })!;
        return stat.StandardOutput.ReadToEnd().Trim();
    }

    private static IEnumerable<int> Ports(string path) => File.ReadAllLines(path).Select(PortOf);

    private static int PortOf(string line) => JsonElement.Parse(line).GetProperty("port").GetInt32();

    private void MakeDirectory() => Directory.CreateDirectory(Path.GetDirectoryName(FileName)!);

    private AuditLog Open(int capacity = AuditLog.DefaultCapacity)
        => new(FileName, isRequired: false, _timeProvider, _log, capacity);

    private sealed class Lines : ConcurrentQueue<string>, ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => Enqueue($"{logLevel} {formatter(state, exception)}");
    }
}
