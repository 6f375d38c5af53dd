namespace Mandos.MdnsAnnouncer.Responding;

/// <summary>Times and limits of RFC 6762.</summary>
internal static class MulticastDns
{
    /// <summary>The port of all who speak it (section 5).</summary>
    public const int Port = 5353;

    /// <summary>How often it is asked whether a name is free (section 8.1).</summary>
    public const int Probes = 3;

    /// <summary>Messages that tell of the service without being asked: at least two, at most eight (section 8.3).</summary>
    public const int Announcements = 3;

    /// <summary>Seconds that an asker of another kind may keep an answer, at most (section 6.7).</summary>
    public const uint LongestLegacyTtl = 10;

    /// <summary>After this number of conflicts within <see cref="ConflictWindow"/> (section 8.1)</summary>
    public const int ManyConflicts = 15;

    /// <summary>Who has to give way more often in a row takes another name: another who really takes it would be done by then. RFC 6762 has no limit.</summary>
    public const int MostGivingWay = 3;

    /// <summary>Answers to single askers, on one link in one second. RFC 6762 has no limit for these; they could be sent to somebody who has not asked.</summary>
    public const int UnicastAnswersPerSecond = 20;

    /// <summary>The first probe waits up to so long (section 8.1).</summary>
    public static readonly TimeSpan LongestFirstPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Between probes, and after the last one (section 8.1).</summary>
    public static readonly TimeSpan ProbePause = TimeSpan.FromMilliseconds(250);

    /// <summary>Who asked for the name at the same time as another, and has to give way, asks again after this (section 8.2).</summary>
    public static readonly TimeSpan GivingWay = TimeSpan.FromSeconds(1);

    /// <summary>Between the first two announcements; each pause is twice the last one (section 8.3).</summary>
    public static readonly TimeSpan FirstAnnouncementPause = TimeSpan.FromSeconds(1);

    /// <summary>Of a record, nothing is sent to all more often (section 6).</summary>
    public static readonly TimeSpan RecordPause = TimeSpan.FromSeconds(1);

    /// <summary>The same for the answer to somebody who is about to take the name (section 6).</summary>
    public static readonly TimeSpan DefencePause = TimeSpan.FromMilliseconds(250);

    /// <summary>An answer that others may have too waits at least so long (section 6).</summary>
    public static readonly TimeSpan ShortestSharedPause = TimeSpan.FromMilliseconds(20);

    /// <summary>And at most so long.</summary>
    public static readonly TimeSpan LongestSharedPause = TimeSpan.FromMilliseconds(120);

    /// <summary>An answer to a question of which more follows waits at least so long (section 7.2).</summary>
    public static readonly TimeSpan ShortestTruncatedPause = TimeSpan.FromMilliseconds(400);

    /// <summary>And at most so long.</summary>
    public static readonly TimeSpan LongestTruncatedPause = TimeSpan.FromMilliseconds(500);

    /// <summary>The time in which <see cref="ManyConflicts"/> are too many (section 8.1).</summary>
    public static readonly TimeSpan ConflictWindow = TimeSpan.FromSeconds(10);

    /// <summary>Then each attempt waits so long (section 8.1).</summary>
    public static readonly TimeSpan ConflictPause = TimeSpan.FromSeconds(5);
}
