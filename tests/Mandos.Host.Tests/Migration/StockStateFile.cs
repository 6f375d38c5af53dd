using System.Diagnostics;
using System.Text;
using Mandos.TestKit;

namespace Mandos.Host.Tests.Migration;

/// <summary>States of Debian's server, made with Python's own pickle and gpg.</summary>
internal static class StockStateFile
{
    /// <summary>How often gpg has the passphrase hashed, so that tests need not wait; <see cref="StockSecretTests"/> has what it does by itself.</summary>
    private const string FewBytesHashed = "65536";

    /// <summary>Makes the state that is in stock_state.py.</summary>
    /// <param name="flavour">2 or 3, the version of Python.</param>
    /// <param name="secrets">Encrypted secrets by client name.</param>
    public static async Task<byte[]> MakeAsync(int flavour, params (string Client, byte[] Encrypted)[] secrets)
    {
        using var directory = new TemporaryDirectory();
        string folder = Directory.CreateDirectory(Path.Combine(directory.FullName, "secrets")).FullName;
        foreach ((string client, byte[] encrypted) in secrets)
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, client), encrypted, TestContext.Current.CancellationToken);
        }

        string file = directory.PathOf("clients.pickle");
        await RunAsync("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "Migration", "stock_state.py"), folder, file], []);
        if (flavour == 2)
        {
            await RunAsync("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "python2_pickle.py"), file, file], []);
        }

        return await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
    }

    /// <summary>Makes a pickle with Python.</summary>
    /// <param name="code">A program that has <c>pickle</c> and <c>write</c>, which writes bytes.</param>
    public static Task<byte[]> PythonAsync(string code)
        => RunAsync("/usr/bin/python3", ["-c", $"import pickle, sys\nwrite = sys.stdout.buffer.write\n{code}"], []);

    /// <summary>Encrypts a secret as Debian's server does.</summary>
    /// <param name="fileSecret">The secret of clients.conf.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="options">Further options for gpg.</param>
    public static Task<byte[]> EncryptAsync(byte[] fileSecret, byte[] secret, params string[] options)
        => EncryptSlowlyAsync(fileSecret, secret, ["--s2k-count", FewBytesHashed, .. options]);

    /// <inheritdoc cref="EncryptAsync"/>
    public static async Task<byte[]> EncryptSlowlyAsync(byte[] fileSecret, byte[] secret, params string[] options)
    {
        using var home = new TemporaryDirectory();
        string passphrase = home.PathOf("passphrase");
        await File.WriteAllBytesAsync(passphrase, Encoding.Latin1.GetBytes(PassphraseOf(fileSecret)), TestContext.Current.CancellationToken);
        try
        {
            return await RunAsync(
                "gpg",
                ["--symmetric", "--batch", "--quiet", "--homedir", home.FullName, "--pinentry-mode", "loopback",
                    "--passphrase-file", passphrase, "--force-mdc", .. options],
                secret);
        }
        finally
        {
            await RunAsync("gpgconf", ["--homedir", home.FullName, "--kill", "all"], []);
        }
    }

    /// <summary>As seen with Debian's server 1.8.16 and 1.8.19: 1021 bytes are the most that are written as digits.</summary>
    private static string PassphraseOf(byte[] fileSecret) => "mandos" + (fileSecret.Length <= 1021
        ? Convert.ToHexStringLower(fileSecret)
        : Encoding.Latin1.GetString(fileSecret).Replace(@"\", @"\\", StringComparison.Ordinal)
            .Replace("\n", @"\n", StringComparison.Ordinal).Replace("\0", @"\x00", StringComparison.Ordinal));

    private static async Task<byte[]> RunAsync(string program, IEnumerable<string> arguments, byte[] input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        using var output = new MemoryStream();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(output, TestContext.Current.CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.BaseStream.WriteAsync(input, TestContext.Current.CancellationToken);
        process.StandardInput.Close();
        await Task.WhenAll(reading, errors);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{program} failed: {await errors}");
        return output.ToArray();
    }
}
