using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Host.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Privileges;

/// <summary>The server's own key, in a file of the state directory that nobody else can read.</summary>
/// <param name="stateDirectory">The state directory, as an absolute path.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ServerKeyFile(string stateDirectory, ILogger logger) : IServerKeyFile
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "server.key";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path = Path.Combine(stateDirectory, FileName);
    private readonly ILogger _logger = logger;

    /// <inheritdoc/>
    public Secret? Read()
    {
        try
        {
            // A link is not followed, nor is a FIFO waited for.
            FileEntry entry;
            try
            {
                entry = FileEntry.Read(_path);
            }
            catch (IOException) when (!Path.Exists(_path))
            {
                return null;
            }

            if (FindFault(entry) is { } fault)
            {
                throw new StateStoreException($"{_path}: {fault}");
            }

            if (entry.IsAccessibleByOthers)
            {
                Tighten(entry);
            }

            return ReadKey();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StateStoreException($"{_path}: the server key cannot be read: {Describe(e)}; give the file to user {OwnProcess.UserName}", e);
        }
    }

    /// <inheritdoc/>
    public void Create(Secret key)
    {
        try
        {
            PrivateFile.Write(_path, overwrite: false, file => file.Write(key.Memory.Span));
            using Secret written = ReadKey();
            if (!written.FixedTimeEquals(key.Memory.Span))
            {
                throw new StateStoreException($"{_path}: another server has made a server key here at the same time; each server needs a state directory of its own");
            }

            LogCreated(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StateStoreException($"{_path}: the server key cannot be written: {Describe(e)}", e);
        }
    }

    private static string? FindFault(FileEntry entry)
        => !entry.IsFile ? "the server key must be an ordinary file; move away what is in its place"
            : entry.Owner != Libc.geteuid() && entry.Owner != 0
                ? $"the server key belongs to another user, number {entry.Owner}, who may know it; "
                    + $"if it is the right one nevertheless, give it to user {OwnProcess.UserName}"
            : null;

    private Secret ReadKey()
    {
        Span<byte> key = stackalloc byte[IServerKeyFile.KeyLength + 1];
        using FileStream file = new(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        try
        {
            int length = file.ReadAtLeast(key, key.Length, throwOnEndOfStream: false);
            return length == IServerKeyFile.KeyLength ? new Secret(key[..length])
                : throw new StateStoreException($"{_path}: the server key is damaged: it should have {IServerKeyFile.KeyLength} bytes; restore it from a backup");
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Takes the key away from others. A key that they may have read already is worth something only together with the state.</summary>
    private void Tighten(FileEntry entry)
    {
        try
        {
            File.SetUnixFileMode(_path, OwnerOnly);
            LogTightened(_path, entry.Permissions);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogOpenToOthers(_path, entry.Permissions, e.Message);
        }
    }

    private static string Describe(Exception error) => error is UnauthorizedAccessException ? "permission denied" : error.Message.TrimEnd('.');
}
