using Mandos.Host.Auditing;
using Mandos.Host.Configuration;
using Mandos.Host.Privileges;
using Mandos.Host.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Becomes the server's own user, if root started it, with a memory that this user's other programs cannot read.</summary>
/// <param name="context">What the parts of the server share.</param>
internal sealed partial class PrivilegeDrop(ServerContext context)
{
    private readonly ILogger _logger = context.Logger;

    /// <summary>Keeps the memory from debuggers and core dumps, as well as it can be done here.</summary>
    public void ProtectMemory()
    {
        int tracer = MemoryProtection.Tracer;
        if (tracer != 0)
        {
            LogTraced(tracer);
        }

        if (MemoryProtection.Apply(isTraced: tracer != 0) is { } fault)
        {
            LogNotProtected(fault);
        }
    }

    /// <summary>Becomes the server's own user, if started by root, with a state directory that this user can use.</summary>
    /// <param name="audit">The audit log, which is given to that user; null if there is none.</param>
    /// <returns>Why the state directory cannot be used, where it need not be; null if it can.</returns>
    /// <exception cref="StartException">It cannot be done.</exception>
    public string? Drop(AuditLog? audit)
    {
        string clientsFile = Path.Combine(context.Options.ConfigDirectory, ClientFileReader.FileName);
        bool hasClientsFile = File.Exists(clientsFile);
        bool isRoot = Environment.IsPrivilegedProcess;
        ServerAccount account = ServerAccount.Find();
        string? stateFault = StateDirectory.Create(context.StateDirectory, isRoot ? account : null, out bool isGiven, out bool isNew);
        if (isNew && stateFault is null)
        {
            LogNewStateDirectory(context.StateDirectory);
        }

        if (isRoot)
        {
            audit?.GiveTo(account.UserId, account.GroupId);
            Become(account, isGiven);
        }
        else if (!account.IsOwn)
        {
            LogNotRoot(account.User, OwnProcess.UserName);
        }

        stateFault = StateDirectory.FindFault(context.StateDirectory) is { } unusable ? stateFault ?? unusable : null;
        if (stateFault is not null && context.Options.Restore)
        {
            throw new StartException(stateFault);
        }

        if (ProgramFiles.FindUnreadable() is { } unreadable)
        {
            throw new StartException(unreadable);
        }

        if (hasClientsFile && Libc.access(clientsFile, Libc.R_OK) != 0)
        {
            LogNotReloadable(clientsFile, account.Group);
        }

        return stateFault;
    }

    private void Become(ServerAccount account, bool hasStateDirectory)
    {
        if (account.Become(out bool isForbidden) is not { } fault)
        {
            ProtectMemory();
            LogBecame(account.User, account.Group);
        }
        else if (isForbidden)
        {
            // As in a container that took root's rights away: the rest is little more than an ordinary user.
            LogStaysRoot(account.User, fault);
            if (hasStateDirectory)
            {
                StateDirectory.TakeBack(context.StateDirectory);
            }
        }
        else
        {
            throw new StartException($"cannot become user {account.User} and group {account.Group}: {fault}");
        }
    }
}
