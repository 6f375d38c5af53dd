using Mandos.Abstractions.Tls;

namespace Mandos.Host.CommandLine;

/// <summary>Shows what a priority string allows, for <c>--show-priority</c>, in the manner of <c>gnutls-cli --list --priority</c>.</summary>
internal static class PriorityListing
{
    /// <summary>Writes the lists, most preferred first.</summary>
    /// <param name="priority">The string.</param>
    /// <param name="description">What it allows.</param>
    /// <param name="writer">Gets a line for each cipher suite and one for each other list.</param>
    public static void Write(string priority, PriorityDescription description, TextWriter writer)
    {
        writer.WriteLine($"Cipher suites for {priority}");
        foreach (string suite in description.CipherSuites)
        {
            writer.WriteLine(suite);
        }

        writer.WriteLine();
        Write("Protocols", "VERS-", description.Versions);
        Write("Groups", "GROUP-", description.Groups);
        Write("PK-signatures", "SIGN-", description.Signatures);
        Write("Certificate types", "CTYPE-", description.CertificateTypes);
        if (description.LeftOut.Count > 0)
        {
            Write("Allowed but not used by this server", "", description.LeftOut);
        }

        if (description.Unknown.Count > 0)
        {
            Write("Unknown and ignored", "", description.Unknown);
        }

        void Write(string title, string prefix, IReadOnlyList<string> names)
            => writer.WriteLine($"{title}: {(names.Count > 0 ? string.Join(", ", names.Select(name => prefix + name)) : "none")}");
    }
}
