// Measurements of the server and its parts: dotnet run -c Release --project bench/Mandos.Bench -- COMMAND [ARGUMENT...]

using Mandos.Bench;
using Mandos.Bench.Handshakes;
using Mandos.Bench.Load;
using Mandos.Bench.Sharing;
using Mandos.Bench.Siege;
using Mandos.Bench.Web;

const string usage = """
    usage: Mandos.Bench COMMAND [ARGUMENT...]

      load [MEASUREMENT...]                          the built server and its tools under load
      compare COMMIT|ROOT [ROUNDS]                   the built server beside that of a commit, which it builds, or of another built checkout
      all-clients ROOT [CLIENTS [ROUNDS]]            a change of all clients by mandos-ctl, beside the build in another checkout
      soak [HOURS]                                   the built server with all that it does, for 8 hours: what grows, is missing or late
      shared secrets [ROUNDS]                        a secret with the store that several servers share, beside one with SQLite
      shared checks [CLIENTS [MINUTES]]              two servers that share a store and check many clients; a disable at either
      plugins [STARTS]                               what plugins cost the built server at its start
      handshakes [EXCHANGES]                         one exchange of TLS, by the kind of the key
      shell-checks [CHECKS [AT_ONCE [COMMAND]]]      the standard checker
      default-checks [ROOT [HOSTS [S [ROUNDS]]]]     checks with fping by the built server, beside the one built in another checkout
                                                     (or "-"), in a network namespace: unshare --net dotnet run ...
      ssh-checks [CHECKS [KEY]]                      the SSH checker; KEY is such as ed25519 or rsa-3072, or "hang"
      dbus [CLIENTS [MANY]]                          the D-Bus interface on a dbus-daemon of its own
      metrics [CLIENTS [ROUNDS]]                     a scrape of the built server's metrics, and secrets beside it
      web-attack [ROUNDS]                            secrets while the built server's web surface is attacked, and otherwise
      web-start [STARTS]                             what the web surface adds to the built server's start and memory
      stock-secrets [SECRETS]                        the secrets that Debian's server has kept
      siege [FLOOD...]                               how long a client waits in a flood; tests/siege runs it
    """;

string[] rest = [.. args.Skip(1)];
switch (args.FirstOrDefault())
{
    case "load":
        await ServerLoad.RunAsync(rest);
        return 0;
    case "compare":
        return await Comparison.RunAsync(rest);
    case "all-clients":
        await AllClients.RunAsync(rest);
        return 0;
    case "soak":
        return await Soak.RunAsync(rest);
    case "shared":
        await SharedLoad.RunAsync(rest);
        return 0;
    case "plugins":
        return await PluginStarts.RunAsync(rest);
    case "handshakes":
        await Exchanges.RunAsync(rest);
        return 0;
    case "shell-checks":
        await ShellChecks.RunAsync(rest);
        return 0;
    case "default-checks":
        await DefaultChecks.RunAsync(rest);
        return 0;
    case "ssh-checks":
        await SshChecks.RunAsync(rest);
        return 0;
    case "dbus":
        await DBusInterface.RunAsync(rest);
        return 0;
    case DBusCaller.Command:
        await DBusCaller.RunAsync(rest[0]);
        return 0;
    case "metrics":
        return await Scrapes.RunAsync(rest);
    case "web-attack":
        return await WebAttack.RunAsync(rest);
    case WebAttackers.Command:
        await WebAttackers.RunAsync(rest);
        return 0;
    case "web-start":
        await WebStarts.RunAsync(rest);
        return 0;
    case "stock-secrets":
        StockSecrets.Run(rest);
        return 0;
    case "siege":
        return await Besieging.RunAsync(rest);
    default:
        Console.Error.WriteLine(usage);
        return 2;
}
