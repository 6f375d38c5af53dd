using Mandos.Engine.Clients;

namespace Mandos.Engine.Tests.Clients;

public sealed class SecretTests
{
    [Fact]
    public void Dispose_Borrowed_ZeroesAfterTheLastLease()
    {
        var secret = new Secret([1, 2, 3]);
        ReadOnlyMemory<byte> bytes = secret.Memory;
        Secret.Lease first = secret.Borrow();
        Secret.Lease second = secret.Borrow();

        secret.Dispose();
        secret.Dispose();
        first.Dispose();
        first.Dispose();
        Assert.Equal([1, 2, 3], second.Memory.ToArray());
        second.Dispose();

        Assert.Equal([0, 0, 0], bytes.ToArray());
        Assert.Throws<ObjectDisposedException>(() => second.Memory);
        Assert.Throws<ObjectDisposedException>(() => secret.Borrow());
    }

    [Fact]
    public async Task Borrow_ManyThreads_ZeroesOnceAllHaveLetGo()
    {
        for (int round = 0; round < 100; round++)
        {
            var secret = new Secret([1]);
            ReadOnlyMemory<byte> bytes = secret.Memory;
            int wrong = 0;
            Task[] borrowers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                for (int i = 0; i < 100; i++)
                {
                    try
                    {
                        using Secret.Lease lease = secret.Borrow();
                        wrong += lease.Memory.Span[0] == 1 ? 0 : 1;
                    }
                    catch (ObjectDisposedException)
                    {
                        return;
                    }
                }
            }))];
            secret.Dispose();
            await Task.WhenAll(borrowers);

            Assert.Equal(0, wrong);
            Assert.Equal(0, bytes.Span[0]);
        }
    }

    [Fact]
    public void ToString_Secret_DoesNotShowIt()
    {
        using var secret = new Secret("hunter2"u8);
        ClientDefinition definition = Support.EngineRig.Define("a", secret: "hunter2");

        Assert.Equal("(secret)", secret.ToString());
        Assert.DoesNotContain("hunter2", definition.ToString(), StringComparison.Ordinal);
        definition.Secret.Dispose();
    }

    [Fact]
    public void Constructor_CallersBufferChanges_KeepsItsCopy()
    {
        byte[] buffer = [1, 2];
        using var secret = new Secret(buffer);

        buffer[0] = 9;

        Assert.True(secret.FixedTimeEquals([1, 2]));
        Assert.False(secret.FixedTimeEquals([1, 2, 3]));
    }
}
