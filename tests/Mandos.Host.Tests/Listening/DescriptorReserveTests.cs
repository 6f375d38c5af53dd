using Mandos.Host.Listening;

namespace Mandos.Host.Tests.Listening;

public sealed class DescriptorReserveTests
{
    [Theory]
    [InlineData(1024, 1024, 992)]
    [InlineData(1024, 1000, 968)] // those above are taken already
    [InlineData(20, 20, 0)]
    public void FindStart_HighestAreOpen_Leaves32Free(long limit, int firstOpen, int start)
    {
        HashSet<int> open = [0, 1, 2, .. Enumerable.Range(firstOpen, (int)limit - firstOpen)];

        Assert.Equal(start, DescriptorReserve.FindStart(open, limit));
    }

    [Fact]
    public void FindStart_LimitBeyondAnInteger_IsBelowIt()
        => Assert.Equal(int.MaxValue - 32, DescriptorReserve.FindStart(new HashSet<int>(), long.MaxValue));

    [Fact]
    public void FindOpen_NoProc_IsNone() => Assert.Empty(DescriptorReserve.FindOpen("/nonexistent/fd"));

    [Fact]
    public void FindOpen_ThisProcess_HasStandardError() => Assert.Contains(2, DescriptorReserve.FindOpen("/proc/self/fd"));
}
