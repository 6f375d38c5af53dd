using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MailKit.Net.Smtp;
using MailKit.Security;
using Mandos.Notify.Delivery;
using Mandos.Notify.Messages;
using Mandos.Notify.Settings;
using MimeKit;

namespace Mandos.Notify.Targets;

/// <summary>Tells by mail, with a connection for each message. It repeats no text of the mail server.</summary>
internal sealed class MailSender(MailSettings settings) : ISender
{
    private const int PermanentFailure = 500; // RFC 5321 section 4.2.1

    /// <inheritdoc/>
    public async Task SendAsync(Message message, CancellationToken cancellationToken)
    {
        try
        {
            string? password = settings.Password?.Read();
            X509ChainPolicy? policy = settings.Scope.RootCertificate is { } root ? WebTrust.Policy(root) : null;
            using MimeMessage mail = Make(message);
            using var client = new SmtpClient
            {
                CheckCertificateRevocation = false, // as HttpClient: what cannot be asked must not keep mail back

                // Written out, so that it rests on no default of the library
                ServerCertificateValidationCallback = (_, certificate, _, errors) => WebTrust.Accepts(certificate, errors, policy),
            };
            await client.ConnectAsync(settings.Host, settings.Port, Options(settings.Security), cancellationToken).ConfigureAwait(false);
            if (settings.User is { } user)
            {
                await client.AuthenticateAsync(user, password!, cancellationToken).ConfigureAwait(false);
            }

            await client.SendAsync(mail, cancellationToken).ConfigureAwait(false);
            await SayGoodbyeAsync(client, cancellationToken).ConfigureAwait(false);
        }
        catch (SecretException e)
        {
            throw new DeliveryException(e.Message);
        }
        catch (SmtpCommandException e)
        {
            throw new DeliveryException($"the mail server answers {(int)e.StatusCode} ({e.ErrorCode})") { IsFinal = (int)e.StatusCode >= PermanentFailure };
        }
        catch (AuthenticationException)
        {
            throw new DeliveryException("the mail server does not accept the user or the password") { IsFinal = true };
        }
        catch (SslHandshakeException)
        {
            throw new DeliveryException("TLS: the mail server's certificate is not trusted, or it speaks no TLS there");
        }
        catch (NotSupportedException)
        {
            throw new DeliveryException("the mail server does not offer what is needed: STARTTLS, or a way to log in");
        }
        catch (SocketException e)
        {
            throw new DeliveryException($"the mail server cannot be reached: {e.SocketErrorCode}");
        }
        catch (Exception e) when (e is IOException or SmtpProtocolException)
        {
            throw new DeliveryException("the connection to the mail server broke");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private MimeMessage Make(Message message)
    {
        var mail = new MimeMessage
        {
            Subject = $"Mandos: {message.Title}",
            Date = message.Time,
            MessageId = $"{message.Id}@{settings.From[(settings.From.IndexOf('@', StringComparison.Ordinal) + 1)..]}",
            Importance = message.IsUrgent ? MessageImportance.High : MessageImportance.Normal,
            Body = new TextPart("plain") { Text = message.Body(withLinks: true) },
        };
        mail.From.Add(new MailboxAddress("Mandos", settings.From));
        mail.To.AddRange(settings.To.Select(static address => new MailboxAddress("", address)));
        mail.Headers.Add("Auto-Submitted", "auto-generated"); // RFC 3834: nobody's absence is to answer
        return mail;
    }

    /// <summary>The mail is delivered: whatever goes wrong now does not matter.</summary>
    private static async Task SayGoodbyeAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Or it would be sent again
        }
    }

    private static SecureSocketOptions Options(MailSecurity security) => security switch
    {
        MailSecurity.StartTls => SecureSocketOptions.StartTls,
        MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
        _ => SecureSocketOptions.None,
    };
}
