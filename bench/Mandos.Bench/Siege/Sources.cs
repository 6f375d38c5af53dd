using System.Globalization;
using System.Net;

namespace Mandos.Bench.Siege;

/// <summary>The addresses of the peers: in this network namespace, all of 10.0.0.0/8 and 2001:db8::/32 belong to this machine.</summary>
internal static class Sources
{
    /// <summary>Where the server is.</summary>
    public static IPAddress Server(bool isIPv6) => IPAddress.Parse(isIPv6 ? "2001:db8::1" : "10.0.0.1");

    /// <summary>Where the client is.</summary>
    public static IPAddress Client(bool isIPv6) => IPAddress.Parse(isIPv6 ? "2001:db8:77::1" : "10.0.77.1");

    public static string OneAddress(Random random) => "10.0.66.1";

    /// <summary>One of a hundred addresses.</summary>
    public static string SomeAddresses(Random random) => string.Create(CultureInfo.InvariantCulture, $"10.0.67.{random.Next(1, 101)}");

    /// <summary>Any address of one /64.</summary>
    public static string OneSubnet(Random random) => string.Create(CultureInfo.InvariantCulture, $"2001:db8:66:1::{random.Next(1, 0xFFFF):x}:{random.Next(1, 0xFFFF):x}");

    /// <summary>Any /64 of one /48.</summary>
    public static string OneSite(Random random) => string.Create(CultureInfo.InvariantCulture, $"2001:db8:66:{random.Next(1, 0xFFFF):x}::1");
}
