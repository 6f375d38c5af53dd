namespace Mandos.DBus.Tests.Support;

internal static class ConnectionExtensions
{
    /// <summary>A call of an <see cref="EchoObject"/> without arguments.</summary>
    public static MessageBuffer Call(
        this DBusConnection connection, string? destination, string member, string path = "/echo")
    {
        MessageWriter writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(destination, path, EchoObject.Interface, member);
        return writer.CreateMessage();
    }

    public static Task<VariantValue> EchoAsync(this DBusConnection connection, string destination, VariantValue value)
    {
        MessageWriter writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(destination, "/echo", EchoObject.Interface, "Echo", "v");
        writer.WriteVariant(value);
        return connection.CallMethodAsync(
            writer.CreateMessage(),
            (message, _) => message.GetBodyReader().ReadVariantValue(),
            ct: TestContext.Current.CancellationToken);
    }

    public static MessageBuffer Signal(this DBusConnection connection, string member, int number, string? destination = null)
    {
        MessageWriter writer = connection.GetMessageWriter();
        writer.WriteSignalHeader(destination, "/echo", EchoObject.Interface, member, "i");
        writer.WriteInt32(number);
        return writer.CreateMessage();
    }
}
