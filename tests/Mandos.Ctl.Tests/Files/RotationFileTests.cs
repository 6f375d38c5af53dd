using System.Text;
using Mandos.Ctl.Files;

namespace Mandos.Ctl.Tests.Files;

public sealed class RotationFileTests
{
    private const string Old = "788CD77115CD0BB7B2D5E0AE8496F6B48149D5E712C652076B1FD2D957EF7C1F";
    private const string New = "F90C7A81D72D1EA69A51031A91FF8885F36C8B46D155C8C58709A4C99AE9E361";

    private const string File = $"""
        # my web server
        [web1]
        host = web1.example.org
        # its key
        key_id = {Old}
        fingerprint = 778827225BA7DE539C5A7CFA59CFF7CDBD9A5920
        secret =
            b2xk

            b2xk
        # how often
        interval = 5m

        """;

    private const string Given = $"[web1]\nhost = other\nkey_id = {New}\nsecret =\n\tbmV3\n\tbmV3\n";

    private static ConfigLines Lines(string text) => new(Encoding.UTF8.GetBytes(text));

    private static string Text(byte[]? bytes) => Encoding.UTF8.GetString(bytes!);

    private static string Rotated => Text(RotationFile.WithNext(Lines(File), Lines(Given), 0));

    [Fact]
    public void WithNext_File_KeepsAllThatItHas()
        => Assert.Equal($"{File}next_key_id = {New}\nnext_secret =\n\tbmV3\n\tbmV3\n", Rotated);

    [Fact]
    public void WithNext_FileThatHasOne_ReplacesIt()
        => Assert.Equal(Rotated, Text(RotationFile.WithNext(Lines($"{File}next_secfile: x\n  y\nnext_key_id = {Old}\n"), Lines(Given), 0)));

    [Fact]
    public void WithNext_FileWithoutLineFeedAtItsEnd_GetsOne()
        => Assert.Equal(Rotated, Text(RotationFile.WithNext(Lines(File.TrimEnd('\n')), Lines(Given), 0)));

    [Fact]
    public void WithNext_SecondSection_TakesThatOne()
        => Assert.Equal(Rotated, Text(RotationFile.WithNext(Lines(File), Lines($"[a]\nkey_id = {Old}\nsecret = x\n{Given}[b]\nsecret = y\n"), 1)));

    [Fact]
    public void Tidied_PromotedFile_HasTheNewKeyAndItsSecretAlone()
        => Assert.Equal(
            $"# my web server\n[web1]\nhost = web1.example.org\n# its key\n\n# how often\ninterval = 5m\nkey_id = {New}\nsecret =\n\tbmV3\n\tbmV3\n",
            Text(RotationFile.Tidied(Lines(Rotated), Old, New)));

    [Theory]
    [InlineData(New, Old)]
    [InlineData(Old, Old)]
    public void Tidied_FileWithOtherKeys_IsNone(string retired, string promoted) => Assert.Null(RotationFile.Tidied(Lines(Rotated), retired, promoted));

    [Fact]
    public void Tidied_NoNextSecret_IsNone() => Assert.Null(RotationFile.Tidied(Lines($"{File}next_key_id = {New}\n"), Old, New));

    [Theory]
    [InlineData("Key_ID : 0x", "NEXT_key_id=SHA256:")]
    [InlineData("key_id=", "next_key_id  =  ")]
    public void Tidied_KeysInOtherForms_AreKnown(string key, string next)
        => Assert.Equal(
            $"[web1]\nkey_id ={(next.EndsWith(' ') ? "  " : "SHA256:")}{New.ToLowerInvariant()}\nsecfile = /x\n",
            Text(RotationFile.Tidied(Lines($"[web1]\r\n{key}{Old}\r\nsecret = old\r\n{next}{New.ToLowerInvariant()}\nnext_secfile = /x\n"), Old, New))
                .Replace("\r", "", StringComparison.Ordinal));

    [Fact]
    public void ToExamine_Sections_HaveKeyAndSecretOnTheSameLines()
        => Assert.Equal(
            $"\n[web1 (next key)]\n\nkey_id = {New}\nsecret =\n\tbmV3\n\n\tbmV3\n[b (next key)]\nkey_id = AB\n",
            Text(RotationFile.ToExamine(
                Lines($"\n[web1]\nhost = other\nkey_id = {New}\nsecret =\n\tbmV3\n\n\tbmV3\n[b]\nkey_id = {Old}\n"), static section => section == 1 ? "AB" : null)));

    [Fact]
    public void ValueOf_OptionOnSeveralLines_IsNone()
    {
        ConfigLines lines = Lines(File);

        Assert.Equal((Old, null, null, "web1", 2), (lines.ValueOf(0, "key_id"), lines.ValueOf(0, "secret"), lines.ValueOf(0, "x"), lines.NameOf(0), lines.LineOf(0)));
    }
}
