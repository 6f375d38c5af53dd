namespace Mandos.Ctl.Servers;

/// <summary>What an invited machine has to be given.</summary>
/// <param name="Token">The token, a secret.</param>
/// <param name="Pin">SHA-256 of the server's public key, in hexadecimal digits.</param>
/// <param name="EndPoints">Where the server listens.</param>
/// <param name="Until">When the invitation ends.</param>
internal sealed record NewInvitation(string Token, string Pin, IReadOnlyList<string> EndPoints, string Until);
