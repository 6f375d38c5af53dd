using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mandos.Engine.Clients;
using Mandos.Host.Migration;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace Mandos.Bench;

/// <summary>What decrypting a secret of Debian's server costs, which gpg has encrypted as it does for that server.</summary>
internal static class StockSecrets
{
    public static void Run(string[] args)
    {
        int secrets = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 40;
        byte[] fileSecret = RandomNumberGenerator.GetBytes(1000); // more than 1,021 make too long a passphrase
        byte[] encrypted = Encrypt(fileSecret, RandomNumberGenerator.GetBytes(1200));
        using var key = new Secret(fileSecret);

        Report("this server", secrets, () => StockSecret.TryDecrypt(key, encrypted)!.Dispose());
        Report("BouncyCastle alone", Math.Max(1, secrets / 10), () =>
        {
            var data = (PgpPbeEncryptedData)((PgpEncryptedDataList)new PgpObjectFactory(encrypted).NextPgpObject())[0];
            data.GetDataStreamRaw(Encoding.ASCII.GetBytes(Passphrase(fileSecret))).Dispose();
        });
        long start = Stopwatch.GetTimestamp();
        Parallel.For(0, secrets, _ => StockSecret.TryDecrypt(key, encrypted)!.Dispose());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"on {Environment.ProcessorCount} processors: {Stopwatch.GetElapsedTime(start).TotalSeconds / secrets * 1000:F1} s for 1000 secrets"));

        static void Report(string what, int count, Action decrypt)
        {
            decrypt();
            TimeSpan before = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < count; i++)
            {
                decrypt();
            }

            double milliseconds = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / count;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {milliseconds:F0} ms of CPU time for a secret"));
        }

        static string Passphrase(byte[] fileSecret) => "mandos" + Convert.ToHexStringLower(fileSecret);

        static byte[] Encrypt(byte[] fileSecret, byte[] secret)
        {
            DirectoryInfo home = Directory.CreateTempSubdirectory("mandos-bench-");
            try
            {
                string passphrase = Path.Combine(home.FullName, "passphrase");
                string input = Path.Combine(home.FullName, "secret");
                string output = Path.Combine(home.FullName, "encrypted");
                File.WriteAllText(passphrase, Passphrase(fileSecret));
                File.WriteAllBytes(input, secret);
                Process.Start("gpg",
                    ["--symmetric", "--batch", "--quiet", "--homedir", home.FullName, "--pinentry-mode", "loopback", "--passphrase-file", passphrase,
                        "--force-mdc", "--output", output, input]).WaitForExit();
                Process.Start("gpgconf", ["--homedir", home.FullName, "--kill", "all"]).WaitForExit();
                return File.ReadAllBytes(output);
            }
            finally
            {
                home.Delete(recursive: true);
            }
        }
    }
}
