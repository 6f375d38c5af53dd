using System.Reflection;
using Mandos.PluginContracts.Announcing;
using Mandos.PluginContracts.Control;
using Mandos.PluginContracts.Tests.Announcing;
using Mandos.PluginContracts.Tests.Control;

namespace Mandos.PluginContracts.Tests;

public sealed class MissingCodeTests
{
    private const string Assembly = "Gone, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null";

    public static TheoryData<Exception> Missing { get; } =
    [
        new FileNotFoundException("", Assembly),
        new FileLoadException("", Assembly),
        new BadImageFormatException(),
        new TypeLoadException(),
        new MissingMethodException(),
        new MissingFieldException(),
        new DllNotFoundException(),
        new EntryPointNotFoundException(),
        new TargetInvocationException(new TypeLoadException()),
        new TypeInitializationException("T", new FileNotFoundException("", Assembly)),
        new AggregateException(new IOException(), new MissingMethodException()),
    ];

    [Theory]
    [MemberData(nameof(Missing), DisableDiscoveryEnumeration = true)]
    public void Find_CodeIsMissing_FindsIt(Exception exception) => Assert.NotNull(MissingCode.Find(exception));

    [Fact]
    public void Find_SomethingElse_FindsNothing() => Assert.All<Exception?>(
        [null, new FileNotFoundException("", "/etc/x"), new FileLoadException(), new IOException(), new AggregateException(new IOException())],
        exception => Assert.Null(MissingCode.Find(exception)));

    [Theory]
    [MemberData(nameof(Missing), DisableDiscoveryEnumeration = true)]
    public async Task Check_SurfaceLacksCode_Fails(Exception exception)
    {
        PluginCheck check = ControlSurfaceContract.Checks(_ => new FakeControlSurface((_, _) => throw exception), ContractTests.Impatient)
            .Single(check => check.Name == "runs until cancelled");

        var failure = await Assert.ThrowsAsync<ContractViolationException>(() => check.RunAsync(TestContext.Current.CancellationToken));

        Assert.StartsWith("it lacks code that it needs: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_AnnouncerLacksCode_Fails()
    {
        PluginCheck check = AnnouncerContract.Checks(
                _ => new FakeAnnouncer((_, _, _) => Task.FromException(new TypeLoadException())), ContractTests.Impatient)
            .Single(check => check.Name == "announces until cancelled");

        await Assert.ThrowsAsync<ContractViolationException>(() => check.RunAsync(TestContext.Current.CancellationToken));
    }
}
