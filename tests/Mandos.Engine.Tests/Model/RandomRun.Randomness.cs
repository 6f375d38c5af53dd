using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Model;

/// <content>Makes what is random.</content>
internal sealed partial class RandomRun
{
    private ModelDefinition RandomDefinition(string name)
    {
        ModelDefinition? former = _file.GetValueOrDefault(name) ?? _gone.GetValueOrDefault(name);
        string key = former?.Key ?? name;
        return new(name, RandomSettings(name, new ClientSettings { KeyId = former?.Settings.KeyId }), _random.Next(4) > 0, NewSecret(key))
        {
            Key = key, Next = former?.Next,
        };
    }

    private ClientSettings RandomSettings(string name, ClientSettings old)
    {
        (_, Func<ClientSettings, ClientSettings> apply) = RandomChange();
        return apply(old) with
        {
            KeyId = name == LegacyName ? null : old.KeyId ?? EngineRig.KeyId(name),
            Fingerprint = name == LegacyName ? Fingerprint(name) : null,
            ApproveAll = _random.Next(4) == 0,
        };
    }

    /// <summary>A change for the engine, and the same as the model has it.</summary>
    private (ClientChange Change, Func<ClientSettings, ClientSettings> Apply) RandomChange()
    {
        ClientChange change = ClientChange.None;
        List<Func<ClientSettings, ClientSettings>> steps = [];
        Text(ClientSetting.Host, "host", static (s, v) => s with { Host = v });
        Text(ClientSetting.Checker, "checker", static (s, v) => s with { Checker = v });
        Text(ClientSetting.Location, "place", static (s, v) => s with { Location = v });
        Duration(ClientSetting.Timeout, _timeouts, static (s, v) => s with { Timeout = v });
        Duration(ClientSetting.ExtendedTimeout, _extended, static (s, v) => s with { ExtendedTimeout = v });
        Duration(ClientSetting.Interval, _intervals, static (s, v) => s with { Interval = v });
        Duration(ClientSetting.ApprovalDelay, _delays, static (s, v) => s with { ApprovalDelay = v });
        Duration(ClientSetting.ApprovalDuration, _durations, static (s, v) => s with { ApprovalDuration = v });
        if (_random.Next(6) == 0)
        {
            Set(ClientSetting.WhenCutOff, Pick(ClientSetting.WhenCutOff.Choices.ToArray()), static (s, v) => s with { WhenCutOff = v });
        }

        if (_random.Next(4) == 0)
        {
            Set(ClientSetting.Anomaly, Pick(ClientSetting.Anomaly.Choices.ToArray()), static (s, v) => s with { Anomaly = v });
        }

        if (_random.Next(4) == 0)
        {
            Set(ClientSetting.ApprovedByDefault, _random.Next(2) == 0, static (s, v) => s with { ApprovedByDefault = v });
        }

        return (change, settings => steps.Aggregate(settings, static (result, step) => step(result)));

        void Text(ClientSetting<string> setting, string value, Func<ClientSettings, string, ClientSettings> with)
        {
            if (_random.Next(6) == 0)
            {
                Set(setting, value + _random.Next(3), with);
            }
        }

        void Duration(ClientSetting<TimeSpan> setting, int[] values, Func<ClientSettings, TimeSpan, ClientSettings> with)
        {
            if (_random.Next(3) == 0)
            {
                Set(setting, TimeSpan.FromMilliseconds(Pick(values)), with);
            }
        }

        void Set<T>(ClientSetting<T> setting, T value, Func<ClientSettings, T, ClientSettings> with)
            where T : notnull
        {
            change = change.With(setting, value);
            steps.Add(settings => with(settings, value));
        }
    }

    private static void SetHandshake(ModelConnection x)
    {
        if (x.HandshakeSucceeds == true)
        {
            x.Peer.Authenticate(
                x.Key is null ? (x.Peer.Number % 2 == 0 ? "" : "some key") : EngineRig.PublicKey(x.Key),
                x.Key == LegacyName ? PeerKeyType.OpenPgp : PeerKeyType.RawPublicKey);
        }
        else if (x.HandshakeSucceeds == false)
        {
            x.Peer.Handshake.TrySetException(new TlsHandshakeException("bad certificate"));
        }
    }

    private static void SetWrite(ModelConnection x)
    {
        if (x.WriteSucceeds == true)
        {
            x.Peer.TakeSecret();
        }
        else if (x.WriteSucceeds == false)
        {
            x.Peer.Write.TrySetException(new IOException("reset"));
        }
    }

    private static string Fingerprint(string name)
    {
        byte[] key = Encoding.UTF8.GetBytes(EngineRig.PublicKey(name));
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)key.Length);
#pragma warning disable CA5350 // RFC 4880
        return Convert.ToHexString(SHA1.HashData([0x99, .. length, .. key]));
#pragma warning restore CA5350
    }

    private string NewSecret(string key)
    {
        string secret = $"{SecretMark}-{_seed}-{_secretCount++}";
        _keyOfSecret[secret] = key;
        return secret;
    }

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];

    private void Did(string what)
    {
        string kind = char.IsDigit(what[0]) ? "time" : what.Split(' ', ':')[0];
        Tally[kind] = Tally.GetValueOrDefault(kind) + 1;
        _steps.Enqueue($"{_model.Now,12} {what}");
        if (_steps.Count > 60)
        {
            _steps.Dequeue();
        }
    }
}
