using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Mandos.Notify.Delivery;
using Mandos.Notify.Messages;
using Mandos.Notify.Settings;

namespace Mandos.Notify.Targets;

/// <summary>
/// Runs a program for each message, without a shell: the arguments are those of the settings. It reads the message as JSON, and finds its main parts in its
/// environment, but not the links, which others could see there.
/// </summary>
internal sealed class ProgramSender(ExecSettings settings) : ISender
{
    /// <inheritdoc/>
    public async Task SendAsync(Message message, CancellationToken cancellationToken)
    {
        using Process process = Start(message);
        try
        {
            // What it writes is nobody's; without readers it would stand still.
            _ = Task.WhenAll(
                process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, cancellationToken),
                process.StandardError.BaseStream.CopyToAsync(Stream.Null, cancellationToken));
            await WriteAsync(process, message, cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
        {
            throw new DeliveryException($"the program ended with status {process.ExitCode}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private Process Start(Message message)
    {
        var start = new ProcessStartInfo(settings.Command[0], settings.Command.Skip(1))
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["MANDOS_EVENT"] = message.Type;
        start.Environment["MANDOS_CLIENT"] = (string?)message.Data["client"]?["name"] ?? "";
        start.Environment["MANDOS_TITLE"] = message.Title;
        start.Environment["MANDOS_TEXT"] = message.Body(withLinks: false);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new DeliveryException($"{settings.Command[0]} cannot be run: it is not there, or not for the server's user");
        }
    }

    private static async Task WriteAsync(Process process, Message message, CancellationToken cancellationToken)
    {
        byte[] json = [.. JsonSerializer.SerializeToUtf8Bytes(message.ToJson()), (byte)'\n'];
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(json, cancellationToken).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It need not read
        }
    }
}
