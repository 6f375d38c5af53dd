using Mandos.BadPlugins;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Trust;
using Mandos.Host.Unix;

namespace Mandos.Host.Tests.Plugins.Trust;

public sealed class PluginTrustTests : IDisposable
{
    private const UnixFileMode Others = UnixFileMode.OtherWrite;
    private const UnixFileMode Group = UnixFileMode.GroupWrite;

    private readonly DirectoryInfo _top = Directory.CreateTempSubdirectory("mandos-trust-");

    public PluginTrustTests() => Directory.CreateDirectory(Root);

    private string Root => Path.Combine(_top.FullName, "above", "plugins");

    public void Dispose() => _top.Delete(recursive: true);

    [Fact]
    public void Require_SoundPlugins_PassesBothForms()
    {
        AddFolder("Folder", "lib/library.so");
        AddPlain("Plain");

        RequireFolder("Folder");
        RequirePlain("Plain");
    }

    [Theory]
    [InlineData("above", Others, "755", "757")]
    [InlineData("above", Group, "755", "775")]
    [InlineData("above/plugins", Others, "755", "757")]
    [InlineData("above/plugins/Odd", Group, "755", "775")]
    [InlineData("above/plugins/Odd/Odd.dll", Group, "644", "664")]
    [InlineData("above/plugins/Odd/lib", Others, "755", "757")]
    [InlineData("above/plugins/Odd/lib/library.so", Others, "644", "646")]
    public void Require_WritableByOthers_Refuses(string path, UnixFileMode added, string before, string after)
    {
        AddFolder("Odd", "lib/library.so");
        path = Path.Combine(_top.FullName, path);
        SetMode(path, before);
        RequireFolder("Odd");
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | added);

        var exception = Assert.Throws<PluginException>(() => RequireFolder("Odd"));

        Assert.Equal($"not trusted: {path} can be written by others than its owner (mode {after}); chmod go-w {path}", exception.Message);
    }

    [Fact]
    public void Require_StickyDirectoryAbove_Passes()
    {
        AddFolder("Sound");
        SetMode(Path.GetDirectoryName(Root)!, "1777");

        RequireFolder("Sound");
    }

    [Fact]
    public void Require_StickyPluginDirectory_Refuses()
    {
        AddFolder("Odd");
        SetMode(Root, "1777");

        Assert.Contains("(mode 1777)", Assert.Throws<PluginException>(() => RequireFolder("Odd")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("above")]
    [InlineData("above/plugins")]
    [InlineData("above/plugins/Odd")]
    [InlineData("above/plugins/Odd/Odd.dll")]
    [InlineData("above/plugins/Odd/link")]
    public void Require_AnotherOwner_Refuses(string path)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give files away");
        AddFolder("Odd");
        File.CreateSymbolicLink(Path.Combine(Root, "Odd/link"), "Odd.dll");
        RequireFolder("Odd");
        path = Path.Combine(_top.FullName, path);
        Assert.Equal(0, Libc.lchown(path, 12345, 0));

        var exception = Assert.Throws<PluginException>(() => RequireFolder("Odd"));

        Assert.Equal($"not trusted: {path} belongs to user 12345, not to root; chown -h root: {path}", exception.Message);
        new PluginTrust(Root, new(12345)).Require(InFolder("Odd"));
    }

    [Theory]
    [InlineData("/etc/passwd", "/etc/passwd")]
    [InlineData("/etc", "/etc")]
    [InlineData("../../../outside", "outside")]
    [InlineData("../../plugins-too", "above/plugins-too")]
    [InlineData("..", "above/plugins")]
    public void Require_LinkOut_Refuses(string target, string end)
    {
        Directory.CreateDirectory(Path.Combine(_top.FullName, "outside"));
        Directory.CreateDirectory(Path.Combine(_top.FullName, "above/plugins-too"));
        AddFolder("Odd");
        var link = Path.Combine(Root, "Odd/link");
        File.CreateSymbolicLink(link, target);

        var exception = Assert.Throws<PluginException>(() => RequireFolder("Odd"));

        Assert.Equal(
            $"not trusted: {link} is a symbolic link out of the plugin directory, to {Path.Combine(_top.FullName, end)}; put a copy in its place",
            exception.Message);
    }

    [Theory]
    [InlineData("Odd.dll")]
    [InlineData("../Other/Other.dll")]
    [InlineData("../Other")]
    public void Require_LinkWithinPluginDirectory_Passes(string target)
    {
        AddFolder("Odd");
        AddFolder("Other", "library.so");
        File.CreateSymbolicLink(Path.Combine(Root, "Odd/link"), target);

        RequireFolder("Odd");
    }

    [Fact]
    public void Require_LinkToWhatOthersCanWrite_Refuses()
    {
        AddFolder("Odd");
        AddFolder("Other", "library.so");
        File.CreateSymbolicLink(Path.Combine(Root, "Odd/link"), "../Other");
        SetMode(Path.Combine(Root, "Other/library.so"), "666");

        Assert.Contains("Other/library.so can be written", Assert.Throws<PluginException>(() => RequireFolder("Odd")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Require_LinksInCircles_Refuses()
    {
        AddFolder("Odd");
        File.CreateSymbolicLink(Path.Combine(Root, "Odd/a"), "b");
        File.CreateSymbolicLink(Path.Combine(Root, "Odd/b"), "a");

        Assert.Contains("too many symbolic links", Assert.Throws<PluginException>(() => RequireFolder("Odd")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Require_LinkThatLeadsNowhere_Refuses()
    {
        AddFolder("Odd");
        File.CreateSymbolicLink(Path.Combine(Root, "Odd/link"), "nothing");

        Assert.Contains("Odd/nothing: ", Assert.Throws<IOException>(() => RequireFolder("Odd")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Require_PluginDirectoryBehindLink_ChecksBothPaths()
    {
        AddFolder("Odd");
        var links = Directory.CreateDirectory(Path.Combine(_top.FullName, "links")).FullName;
        var link = Path.Combine(links, "plugins");
        File.CreateSymbolicLink(link, "../above/plugins");
        new PluginTrust(link, TrustedOwners.Current()).Require(new(Path.Combine(link, "Odd/Odd.dll"), HasOwnFolder: true));

        foreach (var above in new[] { links, Path.GetDirectoryName(Root)! })
        {
            SetMode(above, "777");
            var exception = Assert.Throws<PluginException>(() => new PluginTrust(link, TrustedOwners.Current())
                .Require(new(Path.Combine(link, "Odd/Odd.dll"), HasOwnFolder: true)));
            Assert.Contains($"{above} can be written", exception.Message, StringComparison.Ordinal);
            SetMode(above, "755");
        }
    }

    [Theory]
    [InlineData("Odd.runtimeconfig.json")]
    [InlineData("Odd.runtimeconfig.dev.json")]
    [InlineData("lib/Any.RuntimeConfig.JSON")]
    public void Require_RuntimeConfiguration_Refuses(string file)
    {
        AddFolder("Odd", file);

        Assert.Contains($"Odd/{file} could have", Assert.Throws<PluginException>(() => RequireFolder("Odd")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Require_PathWithSpace_IsQuotedInTheRemedy()
    {
        AddFolder("Odd", "it's lib");
        SetMode(Path.Combine(Root, "Odd/it's lib"), "666");

        Assert.EndsWith(@"; chmod go-w '" + Root + @"/Odd/it'\''s lib'",
            Assert.Throws<PluginException>(() => RequireFolder("Odd")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Odd.dll")]
    [InlineData("Odd.deps.json")]
    [InlineData("Library.dll")]
    [InlineData("libnative.so")]
    [InlineData("notes.txt")]
    [InlineData("runtimes/any/libnative.so")]
    public void Require_PlainPluginWithWritableCompany_Refuses(string file)
    {
        AddPlain("Odd");
        Write(Path.Combine(Root, file));
        RequirePlain("Odd");
        SetMode(Path.Combine(Root, file), "666");

        Assert.Contains($"{file} can be written", Assert.Throws<PluginException>(() => RequirePlain("Odd")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Other.dll")]
    [InlineData("Other.deps.json")]
    [InlineData("Other.runtimeconfig.dev.json")]
    [InlineData("Odd.More.dll")]
    [InlineData("Folder/library.so")]
    public void Require_PlainPluginBesideAnothersWritableFile_Passes(string file)
    {
        AddPlain("Odd");
        AddPlain("Odd.More");
        AddPlain("Other");
        AddFolder("Folder");
        Write(Path.Combine(Root, file));
        SetMode(Path.Combine(Root, file), "666");

        RequirePlain("Odd");
    }

    [Fact]
    public void Require_PlainPluginThatRefersToAnotherPlugin_ChecksThatToo()
    {
        PluginCompiler.CompilePlugin(
            Path.Combine(Root, "Other.dll"), PluginFolder.CheckerSource("other") + "public static class Help { public static int Value => 1; }");
        PluginCompiler.CompilePluginAgainst(
            Path.Combine(Root, "Middle.dll"), "public static class Middle { public static int Value => Help.Value; }", Path.Combine(Root, "Other.dll"));
        PluginCompiler.CompilePluginAgainst(
            Path.Combine(Root, "Odd.dll"),
            "[assembly: Mandos.Abstractions.Plugins.MandosPlugin(2, 0)] public static class Odd { public static int Value => Middle.Value; }",
            Path.Combine(Root, "Middle.dll"));
        RequirePlain("Odd");
        SetMode(Path.Combine(Root, "Other.dll"), "666");

        Assert.Contains("Other.dll can be written", Assert.Throws<PluginException>(() => RequirePlain("Odd")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Require_PlainPluginThatImportsAnothersNativeLibrary_ChecksThatToo()
    {
        AddPlain("Other");
        PluginCompiler.CompilePlugin(Path.Combine(Root, "Odd.dll"), PluginFolder.CheckerSource("odd") + """
            public static class Native
            {
                [System.Runtime.InteropServices.DllImport("Other")] public static extern void Call();
            }
            """);
        Write(Path.Combine(Root, "Other.so"));
        RequirePlain("Odd");
        SetMode(Path.Combine(Root, "Other.so"), "666");

        Assert.Contains("Other.so can be written", Assert.Throws<PluginException>(() => RequirePlain("Odd")).Message, StringComparison.Ordinal);
    }

    private static void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (!File.Exists(file))
        {
            File.WriteAllText(file, "");
        }
    }

    private static void SetMode(string path, string mode) => File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));

    private void AddFolder(string name, string? file = null)
    {
        Write(Path.Combine(Root, name, $"{name}.dll"));
        if (file is not null)
        {
            Write(Path.Combine(Root, name, file));
        }
    }

    private void AddPlain(string name) => PluginCompiler.CompilePlugin(Path.Combine(Root, $"{name}.dll"), PluginFolder.CheckerSource(name));

    private PluginCandidate InFolder(string name) => new(Path.Combine(Root, name, $"{name}.dll"), HasOwnFolder: true);

    private void RequireFolder(string name) => new PluginTrust(Root, TrustedOwners.Current()).Require(InFolder(name));

    private void RequirePlain(string name)
        => new PluginTrust(Root, TrustedOwners.Current()).Require(new(Path.Combine(Root, $"{name}.dll"), HasOwnFolder: false));
}
