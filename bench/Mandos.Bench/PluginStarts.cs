using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Mandos.TestKit;

namespace Mandos.Bench;

/// <summary>What the plugins cost the server at its start.</summary>
internal static class PluginStarts
{
    public static async Task<int> RunAsync(string[] args)
    {
        const double Aim = 120;
        int starts = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 20;
        Regex line = new(@"Plugins took ([0-9.]+) ms, of which ([0-9.]+) ms to load");

        List<(double All, double Loading)> costs = [];
        await StartAsync(); // brings the files into memory
        for (int i = 0; i < starts; i++)
        {
            costs.Add(await StartAsync());
        }

        Print("all", costs.Select(cost => cost.All));
        Print("loading", costs.Select(cost => cost.Loading));
        Print("constructing", costs.Select(cost => cost.All - cost.Loading));
        return costs.Select(cost => cost.All).Order().ElementAt(starts / 2) < Aim ? 0 : 1;

        void Print(string what, IEnumerable<double> costs)
        {
            double[] sorted = [.. costs.Order()];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{what,-12}  median {sorted[starts / 2],6:F1} ms   shortest {sorted[0],6:F1} ms   longest {sorted[^1],6:F1} ms"));
        }

        // Starts the server until it says what its plugins took. There is no bus: plugins look for one later, and in vain.
        async Task<(double All, double Loading)> StartAsync()
        {
            DirectoryInfo directory = Directory.CreateTempSubdirectory("mandos-bench-");
            // Started by root, the server becomes another user, who has to reach its state.
            directory.UnixFileMode |= UnixFileMode.OtherExecute;
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "clients.conf"), "");
            ProcessStartInfo start = new(
                Repository.Server, ["--debug", "--address=::1", "--port=0", $"--configdir={directory}", $"--statedir={directory}/state"])
            {
                RedirectStandardError = true,
            };
            start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent";
            using Process server = Process.Start(start)!;
            List<string> log = [];
            try
            {
                while (await server.StandardError.ReadLineAsync() is { } text)
                {
                    log.Add(text);
                    if (line.Match(text) is { Success: true } match)
                    {
                        return (Number(match.Groups[1]), Number(match.Groups[2]));
                    }
                }

                throw new InvalidOperationException($"the server did not start:\n{string.Join('\n', log)}");
            }
            finally
            {
                server.Kill();
                await server.WaitForExitAsync();
                directory.Delete(recursive: true);
            }
        }

        static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);
    }
}
