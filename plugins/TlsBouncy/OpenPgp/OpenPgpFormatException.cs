namespace Mandos.TlsBouncy.OpenPgp;

/// <summary>Data are not well-formed OpenPGP.</summary>
/// <param name="problem">What is wrong, in half a sentence.</param>
internal sealed class OpenPgpFormatException(string problem) : FormatException(problem);
