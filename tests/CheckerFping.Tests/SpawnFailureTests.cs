using System.Runtime.InteropServices;
using Mandos.Abstractions.Checking;

namespace CheckerFping.Tests;

/// <summary>Runs alone, because it takes the process's descriptors away.</summary>
[Collection(nameof(SpawnFailureTests))]
[CollectionDefinition(nameof(SpawnFailureTests), DisableParallelization = true)]
public sealed partial class SpawnFailureTests
{
    private const int RLIMIT_NOFILE = 7;

    [Fact]
    public async Task RunAsync_NoDescriptorLeft_FailsAndRecovers()
    {
        // Every loop exists, and its descriptors with it.
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount * 2).Select(_ => Checks.RunAsync("true")));
        long[] limit = new long[2];
        Assert.Equal(0, getrlimit(RLIMIT_NOFILE, limit));

        CheckResult result;
        Assert.Equal(0, setrlimit(RLIMIT_NOFILE, [3, limit[1]]));
        try
        {
            result = await Checks.RunAsync("true");
        }
        finally
        {
            Assert.Equal(0, setrlimit(RLIMIT_NOFILE, limit));
        }

        Assert.Equal(CheckResult.Failed("cannot start /bin/sh: Too many open files"), result);
        Assert.True((await Checks.RunAsync("true")).IsSuccess);
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, [Out] long[] limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, [In] long[] limit);
}
