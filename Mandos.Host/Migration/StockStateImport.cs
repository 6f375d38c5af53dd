using System.Collections.Concurrent;
using System.Security.Cryptography;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Host.Configuration;
using Mandos.Host.Logging;
using Mandos.Host.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Migration;

/// <summary>
/// A state store that, while it has nothing, takes over what Debian's server has left in the state directory: <c>clients.pickle</c>, which it
/// then renames to <c>clients.pickle.imported</c>.
/// </summary>
/// <remarks>All of it is taken over or nothing. If that fails, the server does not start, because it would serve clients that were disabled.</remarks>
internal sealed partial class StockStateImport : IStateStore
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "clients.pickle";

    /// <summary>How often the wait for the secrets is reported.</summary>
    private static readonly TimeSpan _reportEvery = TimeSpan.FromSeconds(10);

    private readonly IStateStore _store;
    private readonly string _path;
    private readonly ClientConfiguration _configuration;
    private readonly bool _restore;
    private readonly Action<string> _report;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Where the file is put when it was taken over.</summary>
    private string _kept;

    /// <summary>Whether there is state to take over once the configuration has clients.</summary>
    private bool _isWaiting;

    /// <summary>Clients that were taken over and could not be saved yet: they are saved before anything else.</summary>
    private List<StoredClient> _unsaved = [];

    /// <summary>Whether there is a file to take over. If not, the store needs nothing in front of it.</summary>
    /// <param name="stateDirectory">Where the file may be.</param>
    public static bool IsNeeded(string stateDirectory) => Path.Exists(Path.Combine(stateDirectory, FileName));

    /// <param name="store">The store; stays the caller's.</param>
    /// <param name="stateDirectory">Where the file may be.</param>
    /// <param name="configuration">The clients, whose secrets open those in the file.</param>
    /// <param name="restore">Whether saved state is wanted at all.</param>
    /// <param name="report">Told now and then how far it is, in a line.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">The log.</param>
    public StockStateImport(
        IStateStore store, string stateDirectory, ClientConfiguration configuration, bool restore, Action<string> report,
        TimeProvider timeProvider, ILogger logger)
    {
        (_store, _configuration, _restore, _report, _time, _logger) = (store, configuration, restore, report, timeProvider, logger);
        _path = Path.Combine(stateDirectory, FileName);
        _kept = $"{_path}.imported";
    }

    /// <summary>Whether it is at work on the file.</summary>
    public bool IsImporting { get; private set; }

    /// <inheritdoc/>
    public string? SaveProblem => _store.SaveProblem;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredClient> saved = await _store.LoadAsync(cancellationToken).ConfigureAwait(false);
        if (!Path.Exists(_path))
        {
            return saved;
        }

        if (saved.Count > 0)
        {
            LogOwnState(_path);
            return saved;
        }

        if (!_restore)
        {
            LogLeft(_path, "restore is off");
            return saved;
        }

        IsImporting = true;
        try
        {
            for (int i = 2; Path.Exists(_kept); i++)
            {
                _kept = $"{_path}.imported.{i}";
            }

            IReadOnlyList<StoredClient> clients = Read();
            if (_configuration.Clients.Count == 0 && clients.Count > 0)
            {
                // No secret could be decrypted: the configuration may be misspelt. There is a next start.
                _isWaiting = true;
                LogLeft(_path, "there are no clients in the configuration");
                return saved;
            }

            List<StoredClient> imported = Import(clients, cancellationToken);
            if (_store.SaveProblem is null)
            {
                await _store.SaveAsync(imported, [], cancellationToken).ConfigureAwait(false);
                Keep();
            }
            else
            {
                _unsaved = imported;
            }

            return imported;
        }
        catch (PickleException e)
        {
            throw new StateStoreException(
                $"{_path}: the state of Debian's server cannot be taken over: {e.Message}; to start without it, move it away, "
                + "but then clients that were disabled at run time are enabled, unless clients.conf has enabled = False for them");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StateStoreException(
                $"{_path}: the state of Debian's server cannot be read: {InputFile.Describe(e, _path)}; "
                + $"give the file to user {OwnProcess.UserName}, or move it away to start without it");
        }
        finally
        {
            IsImporting = false;
        }
    }

    /// <summary>Makes sure that the configuration gets no clients by a reload while their state waits for a start that takes it over.</summary>
    /// <param name="clients">What the configuration has now; their secrets are zeroed if they are refused.</param>
    /// <returns>The clients.</returns>
    /// <exception cref="ConfigurationException">The state waits: clients that were disabled would be served.</exception>
    public ClientConfiguration RequireTakenOver(ClientConfiguration clients)
    {
        if (!_isWaiting || clients.Clients.Count == 0 || !Path.Exists(_path))
        {
            return clients;
        }

        foreach (ClientDefinition client in clients.Clients)
        {
            client.DisposeSecrets();
        }

        throw new ConfigurationException([WaitsForStart]);
    }

    /// <summary>Makes sure that no client is added while the state waits: there would be state of this server's own then, and it would never be taken over.</summary>
    /// <exception cref="ArgumentException">It waits.</exception>
    public void RequireTakenOver()
    {
        if (_isWaiting && Path.Exists(_path))
        {
            throw new ArgumentException(WaitsForStart);
        }
    }

    private string WaitsForStart => $"{_path}: the state of Debian's server is taken over by a start, not by a reload: restart the server";

    /// <inheritdoc/>
    public async ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
    {
        HashSet<string> newer = [.. changed.Select(client => client.Name), .. forgotten];
        StoredClient[] all = [.. changed, .. _unsaved.Where(client => !newer.Contains(client.Name))];
        await _store.SaveAsync(all, forgotten, cancellationToken).ConfigureAwait(false);
        if (_unsaved.Count > 0)
        {
            _unsaved = [];
            Keep();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private IReadOnlyList<StoredClient> Read()
    {
        byte[] data = ReadFile();
        try
        {
            return StockStateReader.Read(data);
        }
        finally
        {
            // It may hold the secret of a client that was removed.
            CryptographicOperations.ZeroMemory(data);
        }
    }

    private List<StoredClient> Import(IReadOnlyList<StoredClient> clients, CancellationToken cancellationToken)
    {
        ConcurrentDictionary<string, byte[]> secrets = ImportSecrets(clients, cancellationToken);
        LogImported(
            _path, clients.Count(client => client.Client is not null), clients.Count(client => client.Client is { Enabled: false }),
            clients.Count(client => client.Client is null), secrets.Count);
        return [.. clients.Select(client => client with { EncryptedSecret = secrets.GetValueOrDefault(client.Name) })];
    }

    private byte[] ReadFile()
    {
        // Opening a FIFO would wait for somebody to write to it.
        if (!FileEntry.Read(_path, followLink: true).IsFile)
        {
            throw new PickleException("it is no ordinary file");
        }

        using FileStream file = InputFile.Open(_path);
        if (file.Length > ImportLimits.FileBytes)
        {
            throw new PickleException($"it is larger than {ImportLimits.FileBytes >> 20} MiB");
        }

        byte[] data = new byte[file.Length];
        file.ReadExactly(data);
        return data;
    }

    /// <summary>Finds the secrets that were set at run time.</summary>
    /// <returns>They, encrypted as those of this server, by client name.</returns>
    private ConcurrentDictionary<string, byte[]> ImportSecrets(IReadOnlyList<StoredClient> clients, CancellationToken cancellationToken)
    {
        Dictionary<string, Secret> fileSecrets =
            _configuration.Clients.ToDictionary(client => client.Name, client => client.Secret, StringComparer.Ordinal);
        StoredClient[] toDecrypt =
            [.. clients.Where(client => client is { Client: not null, EncryptedSecret.Length: > 0 } && fileSecrets.ContainsKey(client.Name))];
        foreach (StoredClient client in clients)
        {
            if (client is { Client: not null, EncryptedSecret.Length: > 0 } && !fileSecrets.ContainsKey(client.Name) && _configuration.MayHave(client.Name))
            {
                LogCannotOpen(client.Name, _kept);
            }
        }

        var secrets = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        int done = 0;
        Report();
        using (new TerminalProgress(Tell, _time))
        using (_time.CreateTimer(_ => Report(), null, _reportEvery, _reportEvery))
        {
            try
            {
                Parallel.ForEach(toDecrypt, new ParallelOptions { CancellationToken = cancellationToken }, client =>
                {
                    if (ImportSecret(client, fileSecrets[client.Name]) is { } secret)
                    {
                        secrets[client.Name] = secret;
                    }

                    Interlocked.Increment(ref done);
                });
            }
            catch (AggregateException e) when (e.InnerExceptions.OfType<PickleException>().FirstOrDefault() is { } damage)
            {
                throw damage;
            }
        }

        return secrets;

        void Report()
        {
            string progress = Tell();
            LogProgress(progress);
            _report(progress);
        }

        string Tell() => $"Taking over the state of Debian's server: {Volatile.Read(ref done)} of {toDecrypt.Length} secrets decrypted";
    }

    /// <returns>Null if the secret of the configuration is in force.</returns>
    private byte[]? ImportSecret(StoredClient client, Secret fileSecret)
    {
        Secret? secret;
        try
        {
            secret = StockSecret.TryDecrypt(fileSecret, client.EncryptedSecret);
        }
        catch (PickleException e)
        {
            throw new PickleException($"the secret of client {OptionValues.Quote(client.Name)}: {e.Message}");
        }

        using (secret)
        {
            if (secret is null)
            {
                LogFileSecretWins(client.Name, _kept);
            }

            return secret is null || secret.FixedTimeEquals(fileSecret.Memory.Span)
                ? null
                : SecretCipher.Encrypt(fileSecret, client.Name, secret.Memory.Span);
        }
    }

    /// <summary>Puts the file aside. That it was taken over, the store knows already, so nothing is lost if this fails.</summary>
    private void Keep()
    {
        try
        {
            File.Move(_path, _kept);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotKept(_path, _kept, e.Message);
        }
    }
}
