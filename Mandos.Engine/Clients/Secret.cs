using System.Security.Cryptography;
using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Clients;

/// <summary>A client's secret in memory: one copy, never moved by the garbage collector, zeroed when the last user lets go of it.</summary>
/// <remarks>It has no text form, so it cannot get into a log by accident. Thread-safe.</remarks>
public sealed class Secret : IDisposable
{
    private readonly byte[] _bytes;
    private int _users = 1;
    private int _disposed;

    /// <summary>Copies a secret that somebody has given; the caller should zero its own copy.</summary>
    /// <exception cref="ArgumentException">It is too long.</exception>
    internal static Secret Copy(ReadOnlyMemory<byte> value)
        => value.Length <= ClientLimits.SecretBytes
            ? new Secret(value.Span)
            : throw new ArgumentException($"a secret may have at most {ClientLimits.SecretBytes} bytes, this one has {value.Length}");

    /// <summary>Copies a secret; the caller should zero its own copy.</summary>
    /// <param name="value">The secret; may be empty.</param>
    public Secret(ReadOnlySpan<byte> value)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(value.Length, pinned: true);
        value.CopyTo(_bytes);
    }

    /// <summary>The secret itself. Valid for the owner until <see cref="Dispose"/>, for a borrower until its lease ends.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>Compares in constant time.</summary>
    /// <param name="other">The secret to compare with.</param>
    public bool FixedTimeEquals(ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(_bytes, other);

    /// <summary>Keeps the bytes alive for a borrower, even when the owner disposes the secret meanwhile.</summary>
    /// <returns>Ends the loan when disposed.</returns>
    /// <exception cref="ObjectDisposedException">The secret is zeroed already.</exception>
    public Lease Borrow()
    {
        for (int users = Volatile.Read(ref _users); ; users = Volatile.Read(ref _users))
        {
            ObjectDisposedException.ThrowIf(users == 0, this);
            if (Interlocked.CompareExchange(ref _users, users + 1, users) == users)
            {
                return new Lease(this);
            }
        }
    }

    /// <summary>Gives up ownership; zeroes the bytes once nobody borrows them.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Release();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => "(secret)";

    private void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            CryptographicOperations.ZeroMemory(_bytes);
        }
    }

    /// <summary>A loan of a secret.</summary>
    public sealed class Lease : IDisposable
    {
        private Secret? _secret;

        internal Lease(Secret secret) => _secret = secret;

        /// <summary>The bytes, until the lease is disposed.</summary>
        /// <exception cref="ObjectDisposedException">The lease has ended.</exception>
        public ReadOnlyMemory<byte> Memory
        {
            get
            {
                Secret? secret = _secret;
                ObjectDisposedException.ThrowIf(secret is null, this);
                return secret.Memory;
            }
        }

        /// <inheritdoc/>
        public void Dispose() => Interlocked.Exchange(ref _secret, null)?.Release();
    }
}
