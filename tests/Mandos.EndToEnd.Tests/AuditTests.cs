using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary>Each connection leaves a record, and where that is required, no secret goes out without one.</summary>
public sealed class AuditTests(ClientKeys keys)
{
    [Fact]
    public async Task Connections_SentRefusedAndBad_AreInLogAndFileAcrossRotation()
    {
        await using var server = new TestServer("--debuglevel", "INFO", "--foreground");
        string file = AuditFile(server);
        var stranger = new TestClient("stranger");
        await StartAsync(server, $"audit_log = {file}");

        await keys.First.RequirePasswordAsync(server.EndPoint);
        await WaitForRecordsAsync(file, 1);
        await stranger.RequireRefusalAsync(server);
        await WaitForRecordsAsync(file, 2);
        using (var connection = await RawConnection.OpenAsync(server))
        {
            await connection.SendAsync("GET / HTTP/1.1\u001b\r\n"u8.ToArray());
            await connection.ReadToEndAsync();
        }

        JsonElement[] records = await WaitForRecordsAsync(file, 3);
        Assert.Equal(
            [("sent", "approved by default"), ("refused", "unknown key"), ("failed", "bad first line")],
            records.Select(record => (Text(record, "decision"), Text(record, "reason"))));
        Assert.Equal(["first", null, null], records.Select(record => Text(record, "client")));
        Assert.Equal(stranger.Key.KeyId, Text(records[1], "key_id"));
        Assert.Equal("GET / HTTP/1.1\\x1b\\x0d", Text(records[2], "detail"));
        Assert.All(records, record =>
        {
            Assert.Equal("::1", Text(record, "address"));
            Assert.Equal(TimeSpan.Zero, record.GetProperty("time").GetDateTimeOffset().Offset);
            Assert.True(record.GetProperty("duration_ms").GetInt64() >= 0);
        });
        await server.Log.WaitForAsync("INFO", $"Audit: decision=sent reason=\"approved by default\" peer=[::1]:"
            + $"{records[0].GetProperty("port").GetInt32()} key={Text(records[0], "key_id")} client=\"first\" ms=");

        File.Move(file, file + ".1");
        await server.SignalAsync("HUP");
        await Patience.UntilAsync("the file is opened again", () => File.Exists(file));
        await keys.First.RequirePasswordAsync(server.EndPoint);
        Assert.Equal("sent", Text(Assert.Single(await WaitForRecordsAsync(file, 1)), "decision"));
        Assert.Equal(3, (await WaitForRecordsAsync(file + ".1", 3)).Length);
        await server.StopAsync();
        JsonElement command = Assert.Single(Records(file + ".1").Concat(Records(file)), record => Text(record, "command") is not null);
        Assert.Equal(("reload", "server", "done"), (Text(command, "command"), Text(command, "surface"), Text(command, "outcome")));
    }

    [Fact]
    public async Task Fetch_RequiredAndDiskFull_GivesNothingUntilThereIsRoom()
    {
        await using var server = new TestServer("--debug");
        string file = AuditFile(server);
        await PutFullDeviceAsync(file);
        var client = new TestClient("client");
        server.AddClient(client.StanzaWith());
        await StartAsync(server, $"audit_log = {file}", "audit_required = True");

        await client.RequireRefusalAsync(server);
        await server.Log.WaitForAsync("ERROR", $"{file}: cannot write the audit log: No space left on device");
        await server.Log.WaitForAsync("ERROR", "Client client: refused its secret: the audit could not be written, and it is required");
        Assert.Equal(0, server.Log.Count("INFO", "secret sent"));

        File.Delete(file);
        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("WARNING", $"{file}: the audit log is written again");
        await client.RequireSecretAsync(server);
        await keys.First.RequirePasswordAsync(server.EndPoint);

        JsonElement[] records = await WaitForRecordsAsync(file, 6);
        Assert.Equal(
            [
                ("client", "sending"), ("client", "refused"),
                ("client", "sending"), ("client", "sent"),
                ("first", "sending"), ("first", "sent"),
            ],
            records.Select(record => (Text(record, "client"), Text(record, "decision"))));
        Assert.Equal("audit not written", Text(records[1], "reason"));
    }

    [Fact]
    public async Task Fetch_RequiredAndStrangersHaveFilledTheDisk_GivesPassword()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        DirectoryInfo disk = Directory.CreateTempSubdirectory("mandos-disk-");
        try
        {
            disk.UnixFileMode |= UnixFileMode.OtherExecute;
            string file = Path.Combine(disk.FullName, "audit");
            await using var server = new TestServer("--debug")
            {
                Wrapper = ["unshare", "--mount", "sh", "-ec", "mount -t tmpfs -o size=3m,mode=755 none \"$0\"; exec \"$@\"", disk.FullName],
            };
            await StartAsync(server, $"audit_log = {file}", "audit_required = True");
            await keys.First.RequirePasswordAsync(server.EndPoint);

            await Command.RunAsync("nsenter", "--mount", $"--target={server.ProcessId}", "dd", "if=/dev/zero", $"of={disk.FullName}/rest");
            for (var i = 0; i < 3; i++)
            {
                using var stranger = await RawConnection.OpenAsync(server);
                await stranger.SendAsync("GET / HTTP/1.1\r\n"u8.ToArray());
                await stranger.ReadToEndAsync();
                await keys.First.RequirePasswordAsync(server.EndPoint);
            }

            await Patience.UntilAsync("the records", async () => (await InsideAsync(file)).Length == 11);
            Assert.Equal(
                [("failed", 3), ("sending", 4), ("sent", 4)],
                (await InsideAsync(file)).CountBy(line => Text(JsonElement.Parse(line), "decision")!).OrderBy(pair => pair.Key)
                    .Select(pair => (pair.Key, pair.Value)));

            async Task<string[]> InsideAsync(string path)
                => (await Command.RequireAsync("nsenter", "--mount", $"--target={server.ProcessId}", "cat", path))
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            disk.Delete();
        }
    }

    [Fact]
    public async Task Strangers_Thousands_FillNeitherLogNorAudit()
    {
        const int strangers = 3000;
        await using var server = new TestServer("--debuglevel", "INFO", "--foreground");
        string file = AuditFile(server);
        await StartAsync(server, $"audit_log = {file}");

        for (var i = 0; i < strangers; i++)
        {
            using var stranger = await RawConnection.OpenAsync(server);
            await stranger.SendAsync("x\n"u8.ToArray());
            await stranger.ReadToEndAsync();
        }

        await keys.First.RequirePasswordAsync(server.EndPoint);
        await server.StopAsync(); // which tells of all that was counted

        JsonElement[] records = await WaitForRecordsAsync(file, 2);
        Assert.InRange(records.Length, 2, 200);
        Assert.InRange(server.Log.Lines.Count, 2, 500);
        long counted = records.Sum(record => record.TryGetProperty("more", out JsonElement more) ? more.GetInt64() : 0);
        Assert.Equal(strangers, counted + records.Count(record => Text(record, "detail") == "x"));
        Assert.Single(records, record => Text(record, "client") == "first");
        Assert.Equal("::/64", Text(records.First(record => record.TryGetProperty("more", out _)), "network"));
        await server.Log.WaitForAsync("WARNING", "more connections from ::/64 in ");
    }

    [Fact]
    public async Task HealthChecker_ThatOnlyConnects_IsNotInTheLog()
    {
        await using var server = new TestServer("--debuglevel", "INFO", "--foreground");
        await StartAsync(server);
        for (var i = 0; i < 3; i++)
        {
            (await RawConnection.OpenAsync(server)).Dispose();
        }

        using (var reset = await RawConnection.OpenAsync(server))
        {
            reset.Stream.Socket.LingerState = new(enable: true, seconds: 0);
        }

        // The one that was reset may be gone before the server looks at it; then it has no record.
        await Patience.UntilAsync("three records", () => server.Log.Count("INFO", "Audit: decision=failed reason=\"peer gone\"") >= 3);
        await server.StopAsync();

        Assert.Equal(0, server.Log.Count("WARNING", "Connection from"));
    }

    [Fact]
    public async Task Fetch_NotRequiredAndDiskFull_GivesPasswordAndSaysSoOnce()
    {
        await using var server = new TestServer("--debug");
        string file = AuditFile(server);
        await PutFullDeviceAsync(file);
        await StartAsync(server, $"audit_log = {file}");

        for (var i = 0; i < 3; i++)
        {
            await keys.First.RequirePasswordAsync(server.EndPoint);
        }

        await server.Log.WaitForAsync("ERROR", $"{file}: cannot write the audit log");
        await server.StopAsync();
        Assert.Equal(1, server.Log.Count("ERROR", "cannot write the audit log"));
    }

    [Fact]
    public async Task Start_RequiredFileCannotBeOpened_FailsWithTheReason()
    {
        await using var server = new TestServer("--debug");
        string file = Path.Combine(server.ScratchDirectory, "nowhere", "audit");
        server.AddClient(keys.First.Stanza);
        await server.ConfigureAsync($"audit_log = {file}", "audit_required = True");

        Assert.Equal(1, await server.RunToEndAsync());

        Assert.Contains($"mandos: {file}: cannot open the audit log: No such file or directory; it is required (audit_required)",
            server.Log.Lines);
    }

    private static string AuditFile(TestServer server) => Path.Combine(server.ScratchDirectory, "audit");

    private async Task StartAsync(TestServer server, params string[] options)
    {
        server.AddClient(keys.First.Stanza);
        await server.ConfigureAsync(options);
        await server.StartAsync();
    }

    /// <summary>Makes a file that takes nothing, as if its disk were full. As root the server refuses a link.</summary>
    private static async Task PutFullDeviceAsync(string file)
    {
        if (Environment.IsPrivilegedProcess)
        {
            await Command.RequireAsync("mknod", file, "c", "1", "7");
        }
        else
        {
            File.CreateSymbolicLink(file, "/dev/full");
        }
    }

    /// <summary>The records of connections in a file, once it has this number.</summary>
    private static async Task<JsonElement[]> WaitForRecordsAsync(string file, int count)
    {
        await Patience.UntilAsync($"{count} records in {file}", () => File.Exists(file) && Read().Length >= count);
        return Read();

        JsonElement[] Read() => [.. Records(file).Where(static record => Text(record, "decision") is not null)];
    }

    private static IEnumerable<JsonElement> Records(string file) => File.ReadAllLines(file).Select(static line => JsonElement.Parse(line));

    private static string? Text(JsonElement record, string name)
        => record.TryGetProperty(name, out var value) ? value.GetString() : null;
}
