using Npgsql;

namespace Mandos.StatePostgres.Connecting;

/// <summary>How a host is connected to.</summary>
internal static class DataSources
{
    /// <summary>Makes what opens connections to a host, without a pool: its sessions are the <see cref="Cluster"/>'s to keep.</summary>
    /// <exception cref="IOException">The password cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The password may not be read.</exception>
    public static NpgsqlDataSource Create(HostAddress host, PostgresSettings settings)
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = host.Name,
            Port = host.Port,
            Database = settings.Database,
            Username = settings.User,
            ApplicationName = "mandos",
            // A socket shows who we are; over the network the host has to show that it is the one which was asked for.
            SslMode = host.IsSocket ? SslMode.Disable : SslMode.VerifyFull,
            GssEncryptionMode = GssEncryptionMode.Disable,
            Pooling = false,
            Enlist = false,
            Timeout = 1,
            CommandTimeout = 0,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
        };
        if (!host.IsSocket)
        {
            builder.TcpKeepAlive = true; // which fails on a socket
            builder.TcpKeepAliveTime = 3;
            builder.TcpKeepAliveInterval = 1;
            builder.RootCertificate = settings.RootCertificate;
            builder.Password = settings.ReadPassword();
        }

        return new NpgsqlDataSourceBuilder(builder.ConnectionString).Build();
    }
}
