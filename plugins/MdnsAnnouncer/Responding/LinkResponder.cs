using System.Net;
using Mandos.MdnsAnnouncer.Messages;

namespace Mandos.MdnsAnnouncer.Responding;

/// <summary>
/// Makes the service known on one link: makes sure that its names are free, announces it, answers, and withdraws it (RFC 6762). It has neither
/// socket nor clock, and keeps nothing of what it receives but when to send its own records.
/// </summary>
internal sealed class LinkResponder
{
    private readonly ILink _link;
    private readonly Announcement _announcement;
    private readonly Random _random;
    private LinkAddresses _addresses;
    private OwnRecord[] _records;
    private bool _isProbing;

    /// <summary>Whether others may have heard of records of ours.</summary>
    private bool _isKnown;

    private int _probes;
    private int _gaveWay;
    private int _announcements;
    private TimeSpan _announcementPause;

    /// <summary>When the next probe or announcement is due.</summary>
    private TimeSpan? _next;

    private TimeSpan _unicastSecond;
    private int _unicastAnswers;

    /// <summary>Begins to probe.</summary>
    /// <param name="link">Sends.</param>
    /// <param name="announcement">Decides about names.</param>
    /// <param name="zone">The records.</param>
    /// <param name="addresses">The addresses of the interface.</param>
    /// <param name="random">For pauses.</param>
    /// <param name="now">The time.</param>
    public LinkResponder(ILink link, Announcement announcement, Zone zone, LinkAddresses addresses, Random random, TimeSpan now)
    {
        (_link, _announcement, Zone, _addresses, _random) = (link, announcement, zone, addresses, random);
        _records = [.. zone.Records.Select(static record => new OwnRecord(record))];
        Probe(now, TimeSpan.Zero);
    }

    /// <summary>The records of the link.</summary>
    public Zone Zone { get; private set; }

    /// <summary>When <see cref="Run"/> has something to do; null if only when asked.</summary>
    public TimeSpan? Next
    {
        get
        {
            TimeSpan? next = _next;
            foreach (OwnRecord own in _records)
            {
                if (own.Due is { } due && !(next < due))
                {
                    next = due;
                }
            }

            return next;
        }
    }

    /// <summary>Sends what is due.</summary>
    public void Run(TimeSpan now)
    {
        if (_next <= now)
        {
            if (!_isProbing)
            {
                Announce(now);
            }
            else if (_probes < MulticastDns.Probes)
            {
                ProbeOnce(now);
            }
            else
            {
                (_isProbing, _gaveWay) = (false, 0);
                BeginToAnnounce(now);
                Announce(now);
            }
        }

        if (!_isProbing)
        {
            OwnRecord[] due = [.. _records.Where(own => own.Due <= now)];
            if (due.Length > 0)
            {
                SendToAll(due, now);
            }
        }
    }

    /// <summary>Takes a message that came to the group, which is on the link by definition (RFC 6762 section 11).</summary>
    /// <param name="data">Anything.</param>
    /// <param name="source">Where it says that it comes from.</param>
    /// <param name="now">The time.</param>
    public void Receive(ReadOnlySpan<byte> data, IPEndPoint source, TimeSpan now)
    {
        if (MessageReader.Read(data, Zone.Names) is not { } message)
        {
            return;
        }

        if (!message.IsResponse)
        {
            TakeQuery(message, source, now);
        }
        else if (source.Port == MulticastDns.Port)
        {
            TakeResponse(message, now);
        }
    }

    /// <summary>Takes up other addresses, and withdraws those that are gone.</summary>
    public void Update(Zone zone, LinkAddresses addresses, TimeSpan now)
    {
        _addresses = addresses;
        bool areOthers = Replace(zone);
        if (areOthers && !_isProbing)
        {
            BeginToAnnounce(now);
        }
    }

    /// <summary>Takes up other names, and withdraws the old ones.</summary>
    public void Rename(Zone zone, TimeSpan now, TimeSpan pause)
    {
        Replace(zone);
        Probe(now, pause);
    }

    /// <summary>Withdraws all, if it was announced.</summary>
    public void Withdraw()
    {
        if (_isKnown)
        {
            SayGoodbye(_records);
        }
    }

    /// <summary>Makes sure that the names are free.</summary>
    /// <param name="now">The time.</param>
    /// <param name="pause">How long to wait before that.</param>
    private void Probe(TimeSpan now, TimeSpan pause)
    {
        (_isProbing, _probes) = (true, 0);
        _next = now + pause + Between(TimeSpan.Zero, MulticastDns.LongestFirstPause);
        foreach (OwnRecord own in _records)
        {
            own.Drop();
        }
    }

    /// <returns>Whether there is a record that was not there before, or the other way round.</returns>
    private bool Replace(Zone zone)
    {
        OwnRecord[] old = _records;
        Zone = zone;
        _records =
        [
            .. zone.Records.Select(record => Array.Find(old, own => own.Record.SaysTheSameAs(record)) ?? new OwnRecord(record)),
        ];
        OwnRecord[] gone = [.. old.Except(_records)];
        if (_isKnown)
        {
            SayGoodbye(gone);
        }

        return gone.Length > 0 || _records.Length != old.Length;
    }

    private void SayGoodbye(IEnumerable<OwnRecord> records)
    {
        // Not that there are services of the type, for others may have one.
        DnsRecord[] withdrawn =
        [
            .. records.Select(static own => own.Record)
                .Where(record => record.Type != RecordType.Nsec && !record.Name.Equals(Zone.Types))
                .Select(static record => record with { Ttl = 0, IsUnique = false }),
        ];
        if (withdrawn.Length > 0)
        {
            Multicast(new DnsMessage { IsResponse = true, Answers = withdrawn });
        }
    }

    private void ProbeOnce(TimeSpan now)
    {
        // Answers to all are wanted, for other responders share the port (RFC 6762 section 15.1).
        DnsRecord[] claimed = [.. Zone.Records.Where(static record => record.IsUnique && record.Type != RecordType.Nsec)];
        bool isSent = Multicast(new DnsMessage
        {
            Questions = [new(Zone.Instance, RecordType.Any), new(Zone.Host, RecordType.Any)],
            Authorities = [.. claimed.Select(static record => record with { IsUnique = false })],
        });
        if (isSent)
        {
            _probes++;
            _next = now + MulticastDns.ProbePause;
        }
        else
        {
            Probe(now, MulticastDns.RecordPause); // who was not asked has not said that the name is free
        }
    }

    private void BeginToAnnounce(TimeSpan now)
    {
        _announcements = MulticastDns.Announcements;
        _announcementPause = MulticastDns.FirstAnnouncementPause;
        _next = now;
    }

    private void Announce(TimeSpan now)
    {
        _announcements--;
        _next = _announcements > 0 ? now + _announcementPause : null;
        _announcementPause *= 2;
        foreach (OwnRecord own in _records.Where(static own => own.Record.Type != RecordType.Nsec))
        {
            own.Plan(Earliest(own, now, MulticastDns.RecordPause));
        }
    }

    private void TakeResponse(DnsMessage message, TimeSpan now)
    {
        foreach (DnsRecord record in message.Answers.Concat(message.Additionals))
        {
            if (Array.Find(_records, own => own.Record.SaysTheSameAs(record)) is { } mine)
            {
                // Somebody withdraws it, or lets it end early: it still is there (RFC 6762 section 6.6).
                if (!_isProbing && record.Ttl < mine.Record.Ttl / 2)
                {
                    mine.Plan(Earliest(mine, now, MulticastDns.RecordPause));
                }
            }
            else if (record.Ttl > 0 && Zone.IsUnique(record.Name) && !_announcement.IsOurs(record))
            {
                if (_isProbing)
                {
                    _announcement.OnTaken(record.Name, now);
                    return;
                }

                if (record.Type != RecordType.Nsec && Zone.Records.Any(mine => mine.Type == record.Type && mine.Name.Equals(record.Name)))
                {
                    Probe(now, _announcement.CountConflict(now));
                    return;
                }
            }
        }
    }

    private void TakeQuery(DnsMessage message, IPEndPoint source, TimeSpan now)
    {
        if (_isProbing)
        {
            if (FindContested(message) is { } name)
            {
                GiveWay(name, now);
            }

            return;
        }

        foreach (OwnRecord own in _records)
        {
            if (own.Asker?.Equals(source) == true && IsKnown(own, message))
            {
                own.Drop();
            }
        }

        List<OwnRecord> toAll = [], toOne = [];
        bool isFromMulticastPort = source.Port == MulticastDns.Port;
        if (!isFromMulticastPort && message.QuestionCount != 1)
        {
            return; // ordinary resolvers ask one thing at a time, and get it repeated
        }

        bool isProbe = message.Authorities.Count > 0;
        foreach (Question question in message.Questions)
        {
            foreach (OwnRecord own in Answer(question).Where(own => !IsKnown(own, message)))
            {
                // Those who keep records are kept up to date by what goes to all.
                bool wasSentLately = own.WasSentWithin(TimeSpan.FromSeconds(own.Record.Ttl) / 4, now);
                bool goesToOne = !isFromMulticastPort || (question.WantsUnicast && wasSentLately && !isProbe && _addresses.Contain(source.Address));
                List<OwnRecord> answers = goesToOne ? toOne : toAll;
                if (!answers.Contains(own))
                {
                    answers.Add(own);
                }
            }
        }

        if (toOne.Count > 0)
        {
            SendToOne(toOne, isFromMulticastPort ? null : message, source, now);
        }

        TimeSpan pause = message.IsTruncated
            ? Between(MulticastDns.ShortestTruncatedPause, MulticastDns.LongestTruncatedPause)
            : isProbe || (message.QuestionCount == 1 && toAll.TrueForAll(static own => own.Record.IsUnique))
                ? TimeSpan.Zero
                : Between(MulticastDns.ShortestSharedPause, MulticastDns.LongestSharedPause);
        foreach (OwnRecord own in toAll)
        {
            TimeSpan due = Earliest(own, now + pause, isProbe ? MulticastDns.DefencePause : MulticastDns.RecordPause);
            own.Plan(due, message.IsTruncated ? source : null);
        }
    }

    private void GiveWay(DnsName name, TimeSpan now)
    {
        if (++_gaveWay > MulticastDns.MostGivingWay)
        {
            _gaveWay = 0;
            _announcement.OnTaken(name, now);
        }
        else
        {
            Probe(now, MulticastDns.GivingWay);
        }
    }

    /// <summary>Finds a name of ours for which somebody else asks at the same time, and comes first (RFC 6762 section 8.2).</summary>
    private DnsName? FindContested(DnsMessage message)
    {
        foreach (DnsName name in (DnsName[])[Zone.Instance, Zone.Host])
        {
            DnsRecord[] theirs = [.. message.Authorities.Where(record => record.Name.Equals(name))];
            DnsRecord[] ours = [.. Zone.Records.Where(record => record.Name.Equals(name) && record.Type != RecordType.Nsec)];
            if (!theirs.All(_announcement.IsOurs) && ProbeOrder.Compare(theirs, ours) > 0)
            {
                return name;
            }
        }

        return null;
    }

    private IEnumerable<OwnRecord> Answer(Question question)
    {
        OwnRecord[] named = [.. _records.Where(own => own.Record.Name.Equals(question.Name))];
        OwnRecord[] answers =
        [
            .. named.Where(own => own.Record.Type == question.Type || (question.Type == RecordType.Any && own.Record.Type != RecordType.Nsec)),
        ];
        // That there is none is an answer too, where nobody else can have one (RFC 6762 section 6.1).
        return answers.Length > 0 ? answers : named.Where(static own => own.Record.Type == RecordType.Nsec);
    }

    /// <summary>Whether who asks knows the answer, and for long enough (RFC 6762 section 7.1).</summary>
    private static bool IsKnown(OwnRecord own, DnsMessage message)
        => message.Answers.Any(known => known.Ttl >= own.Record.Ttl / 2 && known.SaysTheSameAs(own.Record));

    /// <summary>What whoever asks for some records will ask for next (RFC 6763 section 12).</summary>
    private IEnumerable<OwnRecord> Further(IReadOnlyCollection<OwnRecord> answers)
    {
        bool isInstance = answers.Any(own => own.Record.Name.Equals(Zone.Type));
        bool isPlace = isInstance || answers.Any(static own => own.Record.Type == RecordType.Srv);
        return _records.Where(own => !answers.Contains(own)
            && ((isInstance && own.Record.Name.Equals(Zone.Instance) && own.Record.Type != RecordType.Nsec)
                || (isPlace && own.Record.Name.Equals(Zone.Host))));
    }

    private void SendToAll(IReadOnlyCollection<OwnRecord> answers, TimeSpan now)
    {
        OwnRecord[] further = [.. Further(answers).Where(own => !own.WasSentWithin(MulticastDns.RecordPause, now))];
        bool isSent = Multicast(new DnsMessage
        {
            IsResponse = true,
            Answers = [.. answers.Select(static own => own.Record)],
            Additionals = [.. further.Select(static own => own.Record)],
        });
        if (!isSent)
        {
            Probe(now, MulticastDns.RecordPause); // the link does not carry messages for now: what others have announced there meanwhile is not known
            return;
        }

        _isKnown = true;
        _announcement.OnAnnounced();
        foreach (OwnRecord own in answers.Concat(further))
        {
            own.Drop();
            own.Sent = now;
        }
    }

    /// <summary>Answers to one who is on the link, unless too many are answered.</summary>
    /// <param name="answers">The answers.</param>
    /// <param name="asked">The question, if it does not come from the port of Multicast DNS (RFC 6762 section 6.7).</param>
    /// <param name="to">Who.</param>
    /// <param name="now">The time.</param>
    private void SendToOne(List<OwnRecord> answers, DnsMessage? asked, IPEndPoint to, TimeSpan now)
    {
        if (now - _unicastSecond >= TimeSpan.FromSeconds(1))
        {
            (_unicastSecond, _unicastAnswers) = (now, 0);
        }

        if (!_addresses.Contain(to.Address) || _unicastAnswers >= MulticastDns.UnicastAnswersPerSecond)
        {
            return;
        }

        _unicastAnswers++;
        var message = new DnsMessage
        {
            Id = asked?.Id ?? 0,
            IsResponse = true,
            Questions = asked is null ? [] : [.. asked.Questions.Select(static question => question with { WantsUnicast = false })],
            Answers = [.. answers.Select(own => Tell(own.Record))],
            Additionals = [.. Further(answers).Select(own => Tell(own.Record))],
        };
        _link.Send(MessageWriter.Write(message, compressesData: asked is null), to);

        DnsRecord Tell(DnsRecord record) => asked is null
            ? record
            : record with { Ttl = Math.Min(record.Ttl, MulticastDns.LongestLegacyTtl), IsUnique = false };
    }

    private bool Multicast(DnsMessage message) => _link.Multicast(MessageWriter.Write(message));

    private static TimeSpan Earliest(OwnRecord own, TimeSpan wanted, TimeSpan pause)
        => own.Sent is { } sent && sent + pause > wanted ? sent + pause : wanted;

    private TimeSpan Between(TimeSpan shortest, TimeSpan longest) => shortest + ((longest - shortest) * _random.NextDouble());
}
