using System.Security.Cryptography;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.PluginContracts.Samples;

namespace Mandos.PluginContracts.Persistence;

/// <summary>What every <see cref="IStateStore"/> has to do.</summary>
public static class StateStoreContract
{
    /// <summary>The checks of a store.</summary>
    /// <param name="create">Makes a store, not yet loaded, that keeps its files in the state directory that the context gives.</param>
    /// <param name="mountDisk">Makes a small disk to be filled up, such as <see cref="SmallDisk.Mount"/>; null if there is none.</param>
    /// <param name="limits">How long to wait.</param>
    public static IReadOnlyList<PluginCheck> Checks(
        Func<ContractContext, IStateStore> create, Func<SmallDisk>? mountDisk = null, ContractLimits? limits = null)
    {
        limits ??= new ContractLimits();
        return
        [
            .. CommonChecks.Of(create, limits),
            Check("is empty at first", async (stores, token) => Same([], await stores.LoadAsync(token).ConfigureAwait(false))),
            Check("gives back what was saved", GivesBackAsync),
            Check("gives back the definition of a client that a command added", GivesBackAddedAsync),
            Check("replaces clients", ReplacesAsync),
            Check("forgets clients, and ignores names that it does not know", ForgetsAsync),
            Check("keeps a thousand clients saved at once", KeepsManyAsync),
            Check("has everything on the disk when a save ends", SavesDurablyAsync),
            Check("saves all or nothing when cancelled", SavesAllOrNothingAsync),
            Check("goes on after a cancelled save", GoesOnAsync),
            Check("refuses to be opened twice", RefusesSecondAsync),
            Check("refuses damaged files rather than starting afresh", RefusesDamageAsync),
            Check("refuses a directory that is missing", RefusesMissingDirectoryAsync),
            Check("lets nobody but the owner read its files", HidesFilesAsync),
            Check("gives up a cancelled load, or does it", LoadsCancelledAsync),
            Check("works on whatever thread it is called", WorksOnAnyThreadAsync),
            Check("shows no secret, though it is encrypted", ShowsNoSecretAsync),
            OnDisk("saves nothing on a full disk, and goes on when there is room", SurvivesFullDiskAsync),
            OnDisk("says what keeps it from saving if it gives its state from a read-only disk", SurvivesReadOnlyDiskAsync),
            Check("can be disposed twice after use", DisposesTwiceAsync),
        ];

        PluginCheck Check(string name, Func<TemporaryStores, CancellationToken, Task> body) => new(name, async token =>
        {
            using var stores = new TemporaryStores(create);
            await body(stores, token).ConfigureAwait(false);
        });

        PluginCheck OnDisk(string name, Func<TemporaryStores, SmallDisk, CancellationToken, Task> body) => new(name, async token =>
        {
            using SmallDisk disk = mountDisk!();
            using var stores = new TemporaryStores(create);
            stores.Context.StateDirectory = disk.Path;
            await body(stores, disk, token).ConfigureAwait(false);
        })
        {
            SkipReason = mountDisk is null ? "there is no small disk to fill up" : null,
        };
    }

    private static async Task GivesBackAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        StoredClient[] clients = [SampleClients.Stored(1), SampleClients.Unusual(2), SampleClients.Removed(3)];
        await stores.SaveAsync(clients, [], cancellationToken).ConfigureAwait(false);
        Same(clients, await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
        Same(clients, await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
    }

    private static async Task GivesBackAddedAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        StoredClient asAdded = SampleClients.Added(2);
        asAdded = asAdded with { Client = asAdded.Client! with { Settings = asAdded.FileSettings } };
        StoredClient[] clients =
        [
            asAdded,
            SampleClients.Added(3),
            SampleClients.Stored(4) with { Client = SampleClients.Snapshot(4) with { Origin = ClientOrigin.Command } },
            SampleClients.Stored(5),
        ];
        await stores.SaveAsync(clients, [], cancellationToken).ConfigureAwait(false);
        Same(clients, await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
        Same(clients, await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
    }

    private static async Task ReplacesAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        StoredClient[] before =
            [SampleClients.Stored(1), SampleClients.Removed(2), SampleClients.Stored(3), SampleClients.Stored(4)];
        StoredClient disabled = before[0] with { Client = before[0].Client! with { Enabled = false, Expires = null } };
        StoredClient[] after = [disabled, SampleClients.Stored(2), SampleClients.Removed(3)];
        await stores.SaveAsync(before, [], cancellationToken).ConfigureAwait(false);
        await stores.SaveAsync(after, [], cancellationToken).ConfigureAwait(false);
        Same([.. after, before[3]], await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
    }

    private static async Task ForgetsAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        StoredClient[] clients = [SampleClients.Stored(1), SampleClients.Stored(2), SampleClients.Removed(3)];
        await stores.SaveAsync(clients, [], cancellationToken).ConfigureAwait(false);
        await stores.SaveAsync([], [clients[0].Name, clients[2].Name, "no such client"], cancellationToken).ConfigureAwait(false);
        Same([clients[1]], await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
    }

    private static async Task KeepsManyAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        StoredClient[] clients = [.. Enumerable.Range(0, 1000).Select(SampleClients.Stored)];
        await stores.SaveAsync(clients, [], cancellationToken).ConfigureAwait(false);
        Same(clients, await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
    }

    private static Task SavesDurablyAsync(TemporaryStores stores, CancellationToken cancellationToken)
        => stores.UseAsync(async store =>
    {
        await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        await store.SaveAsync([SampleClients.Stored(1)], [], cancellationToken).ConfigureAwait(false);

        // As after a crash: the files as they are while the store is open.
        using TemporaryStores crashed = stores.Copy();
        Same([SampleClients.Stored(1)], await crashed.LoadAsync(cancellationToken).ConfigureAwait(false));
    });

    private static async Task SavesAllOrNothingAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        StoredClient[] before = [SampleClients.Stored(1)];
        StoredClient[] after = [.. Enumerable.Range(2, 100).Select(SampleClients.Stored)];
        await stores.SaveAsync(before, [], cancellationToken).ConfigureAwait(false);
        bool saved = await stores.TrySaveCancelledAsync(after, [before[0].Name], cancellationToken).ConfigureAwait(false);
        Same(saved ? after : before, await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
    }

    private static Task GoesOnAsync(TemporaryStores stores, CancellationToken cancellationToken) => stores.UseAsync(async store =>
    {
        await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        await TemporaryStores.TrySaveCancelledAsync(store, [SampleClients.Stored(1)], []).ConfigureAwait(false);
        await store.SaveAsync([SampleClients.Stored(1), SampleClients.Stored(2)], [], cancellationToken).ConfigureAwait(false);
        await store.DisposeAsync().ConfigureAwait(false);
        Same(
            [SampleClients.Stored(1), SampleClients.Stored(2)], await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
    });

    private static Task RefusesSecondAsync(TemporaryStores stores, CancellationToken cancellationToken)
        => stores.UseAsync(async store =>
    {
        await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        await RefusesAsync(stores, "while another store has the files open", cancellationToken).ConfigureAwait(false);
    });

    private static async Task RefusesDamageAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        StoredClient[] clients = [.. Enumerable.Range(0, 100).Select(SampleClients.Stored)];
        await stores.SaveAsync(clients, [], cancellationToken).ConfigureAwait(false);
        IReadOnlyList<string> files = stores.Files();
        Contract.Require(files.Count > 0, "it keeps no file in its state directory");
        foreach (string file in files)
        {
            byte[] garbage = new byte[new FileInfo(file).Length];
            Array.Fill(garbage, (byte)'x');
            await File.WriteAllBytesAsync(file, garbage, cancellationToken).ConfigureAwait(false);
        }

        await RefusesAsync(stores, "when its files are overwritten with garbage", cancellationToken).ConfigureAwait(false);
    }

    private static async Task RefusesMissingDirectoryAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        Directory.Delete(stores.Path, recursive: true);
        await RefusesAsync(stores, "without its state directory", cancellationToken).ConfigureAwait(false);
    }

    private static Task HidesFilesAsync(TemporaryStores stores, CancellationToken cancellationToken)
        => stores.UseAsync(async store =>
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        await store.SaveAsync([SampleClients.Stored(1)], [], cancellationToken).ConfigureAwait(false);
        foreach (string file in stores.Files())
        {
            UnixFileMode mode = File.GetUnixFileMode(file);
            Contract.Require(
                (mode & ~ownerOnly) == 0,
                $"{Path.GetFileName(file)} has mode {Convert.ToString((int)mode, 8)}; it should be 600");
        }
    });

    private static async Task LoadsCancelledAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        StoredClient[] clients = [SampleClients.Stored(1)];
        await stores.SaveAsync(clients, [], cancellationToken).ConfigureAwait(false);
        try
        {
            Same(clients, await stores.LoadAsync(new CancellationToken(canceled: true)).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // As it was told.
        }

        Same(clients, await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
    }

    private static async Task WorksOnAnyThreadAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        await stores.UseAsync(async store =>
        {
            await OnNewThread(() => store.LoadAsync(cancellationToken).AsTask()).ConfigureAwait(false);
            for (int i = 0; i < 3; i++)
            {
                StoredClient client = SampleClients.Stored(i);
                await OnNewThread(() => store.SaveAsync([client], [], cancellationToken).AsTask()).ConfigureAwait(false);
            }

            await OnNewThread(() => store.DisposeAsync().AsTask()).ConfigureAwait(false);
        }).ConfigureAwait(false);
        Same(
            [.. Enumerable.Range(0, 3).Select(SampleClients.Stored)],
            await stores.LoadAsync(cancellationToken).ConfigureAwait(false));

        static Task OnNewThread(Func<Task> call) => Task.Factory.StartNew(
            call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    private static async Task ShowsNoSecretAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        byte[] secret = RandomNumberGenerator.GetBytes(16).Select(value => (byte)('a' + (value % 26))).ToArray();
        string? shown = null;
        await stores.UseAsync(async store =>
        {
            await store.LoadAsync(cancellationToken).ConfigureAwait(false);
            await store.SaveAsync([SampleClients.Stored(1) with { EncryptedSecret = secret }], [], cancellationToken)
                .ConfigureAwait(false);
            shown = store.ToString();
        }).ConfigureAwait(false);
        await stores.LoadAsync(cancellationToken).ConfigureAwait(false);
        foreach (string text in (string[])[Encoding.ASCII.GetString(secret), Convert.ToBase64String(secret), Convert.ToHexString(secret)])
        {
            Contract.RequireHidden(text, [shown], stores.Context, "the encrypted secret of a client");
        }
    }

    private static async Task SurvivesFullDiskAsync(TemporaryStores stores, SmallDisk disk, CancellationToken cancellationToken)
    {
        StoredClient[] before = [SampleClients.Stored(1)];
        StoredClient[] after = [.. Enumerable.Range(0, 1000).Select(SampleClients.Stored)];
        await stores.UseAsync(async store =>
        {
            await store.LoadAsync(cancellationToken).ConfigureAwait(false);
            await store.SaveAsync(before, [], cancellationToken).ConfigureAwait(false);
            disk.Fill();
            for (int i = 0; i < 2; i++)
            {
                StateStoreException failure = await Contract.RequireThrowsAsync<StateStoreException>(
                    () => store.SaveAsync(after, [], cancellationToken).AsTask(), "on a full disk").ConfigureAwait(false);
                Contract.RequireOneLine(failure.Message, "the message of a StateStoreException");
            }

            // As after a crash.
            using (TemporaryStores crashed = stores.Copy(except: disk.Filler))
            {
                Same(before, await crashed.LoadAsync(cancellationToken).ConfigureAwait(false));
            }

            disk.MakeRoom();
            await store.SaveAsync(after, [], cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        Same(after, await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
    }

    private static async Task SurvivesReadOnlyDiskAsync(TemporaryStores stores, SmallDisk disk, CancellationToken cancellationToken)
    {
        StoredClient[] before = [SampleClients.Stored(1), SampleClients.Removed(2)];
        await stores.SaveAsync(before, [], cancellationToken).ConfigureAwait(false);
        disk.SetReadOnly(true);
        bool isSaved = false;
        try
        {
            await stores.UseAsync(async store =>
            {
                Same(before, await store.LoadAsync(cancellationToken).ConfigureAwait(false));
                Contract.Require(store.SaveProblem is not null, "it does not say in SaveProblem that it cannot save");
                Contract.RequireOneLine(store.SaveProblem!, "SaveProblem");
                await Contract.RequireThrowsAsync<StateStoreException>(
                    () => store.SaveAsync([], [], cancellationToken).AsTask(), "on a read-only disk").ConfigureAwait(false);
                disk.SetReadOnly(false);
                await store.SaveAsync([SampleClients.Stored(3)], [], cancellationToken).ConfigureAwait(false);
                isSaved = true;
            }).ConfigureAwait(false);
        }
        catch (StateStoreException e) when (!isSaved)
        {
            Contract.RequireOneLine(e.Message, "the message of a StateStoreException"); // it may refuse to load
        }

        disk.SetReadOnly(false);
        Same(
            isSaved ? [.. before, SampleClients.Stored(3)] : before,
            await stores.LoadAsync(cancellationToken).ConfigureAwait(false));
    }

    private static async Task DisposesTwiceAsync(TemporaryStores stores, CancellationToken cancellationToken)
    {
        await stores.UseAsync(async store =>
        {
            await store.LoadAsync(cancellationToken).ConfigureAwait(false);
            await store.DisposeAsync().ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private static async Task RefusesAsync(TemporaryStores stores, string when, CancellationToken cancellationToken)
    {
        StateStoreException refusal = await Contract.RequireThrowsAsync<StateStoreException>(
            () => stores.LoadAsync(cancellationToken), when).ConfigureAwait(false);
        Contract.RequireOneLine(refusal.Message, "the message of a StateStoreException");
    }

    private static void Same(IReadOnlyCollection<StoredClient> expected, IReadOnlyCollection<StoredClient> actual)
    {
        Contract.Require(
            actual.Select(client => client.Name).Distinct(StringComparer.Ordinal).Count() == actual.Count,
            "it gives a client back twice");
        Dictionary<string, StoredClient> found = actual.ToDictionary(client => client.Name, StringComparer.Ordinal);
        foreach (StoredClient client in expected)
        {
            Contract.Require(found.Remove(client.Name, out StoredClient? other), $"it does not give “{client.Name}” back");
            Contract.Require(
                StoredClientComparer.Instance.Equals(client, other), $"it does not give “{client.Name}” back as it was saved");
        }

        Contract.Require(found.Count == 0, $"it gives back “{found.Keys.FirstOrDefault()}”, which should not be there");
    }
}
