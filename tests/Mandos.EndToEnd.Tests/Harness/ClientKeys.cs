using System.Security.Cryptography;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>The keys of clients, made with Debian's tools as an administrator makes them. Each pair is made once a run.</summary>
public sealed class ClientKeys : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-keys-");

    /// <summary>The client of most tests, with an Ed25519 key.</summary>
    internal StockClient First { get; private set; } = null!;

    /// <summary>Another one.</summary>
    internal StockClient Second { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        First = await MakeAsync("first");
        Second = await MakeAsync("second");
    }

    public ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>A client with another kind of TLS key.</summary>
    /// <param name="client">The client with whose OpenPGP key its password is encrypted.</param>
    /// <param name="certtoolOptions">Which TLS key <c>certtool</c> is to make.</param>
    internal async Task<StockClient> MakeOtherKeyAsync(StockClient client, params string[] certtoolOptions)
    {
        var name = string.Concat(certtoolOptions).Replace("--", "-", StringComparison.Ordinal).Replace('=', '-');
        var directory = _directory.CreateSubdirectory($"{client.Name}{name}").FullName;
        foreach (var file in new[] { "pubkey.txt", "seckey.txt" })
        {
            File.Copy(Path.Combine(client.Directory, file), Path.Combine(directory, file));
        }

        var (secret, shared) = (Path.Combine(directory, "tls-privkey.pem"), Path.Combine(directory, "tls-pubkey.pem"));
        await Command.RequireAsync(
            "certtool", ["--generate-privkey", .. certtoolOptions, "--pkcs8", "--password=", "--outfile", secret]);
        await Command.RequireAsync("certtool", "--load-privkey", secret, "--pubkey-info", "--outfile", shared);
        return await ReadAsync(client.Name, directory, client.Password);
    }

    private async Task<StockClient> MakeAsync(string name)
    {
        var directory = _directory.CreateSubdirectory(name).FullName;
        await Command.RequireAsync(
            "mandos-keygen", "--dir", directory, "--force", "--length", "2048", "--sublength", "2048", "--name", name);
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        return await ReadAsync(name, directory, password);
    }

    private static async Task<StockClient> ReadAsync(string name, string directory, string password)
    {
        var passwordFile = Path.Combine(directory, "password");
        await File.WriteAllTextAsync(passwordFile, password);
        var stanza = await Command.RequireAsync(
            "mandos-keygen", "--dir", directory, "--passfile", passwordFile, "--name", name, "--no-ssh");
        return new(name, directory, stanza, password);
    }
}
