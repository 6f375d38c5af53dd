using Mandos.Notify.Delivery;
using Mandos.Notify.Settings;

namespace Mandos.Notify.Targets;

/// <summary>Which sender a target has.</summary>
internal static class Senders
{
    /// <summary>Makes it; it does nothing before its first message.</summary>
    public static ISender Of(TargetSettings target, TimeProvider time) => target switch
    {
        WebhookSettings settings => new WebhookSender(settings, time),
        NtfySettings settings => new NtfySender(settings, time),
        MatrixSettings settings => new MatrixSender(settings, time),
        TelegramSettings settings => new TelegramSender(settings, time),
        GotifySettings settings => new GotifySender(settings, time),
        MailSettings settings => new MailSender(settings),
        ExecSettings settings => new ProgramSender(settings),
        _ => throw new InvalidOperationException($"no sender for {target.GetType().Name}"),
    };
}
