namespace Mandos.DBus.Tests.Support;

/// <summary>Answers what tests need of an object: <c>Echo(v)</c> says what it was given, the others see below.</summary>
internal sealed class EchoObject(string path = "/echo", bool handlesChildPaths = false) : IPathMethodHandler
{
    public const string Interface = "test.Echo";

    public string Path => path;

    public bool HandlesChildPaths => handlesChildPaths;

    /// <summary>Ends the calls of <c>Later</c>.</summary>
    public TaskCompletionSource Later { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Calls { get; private set; }

    /// <summary>What came last.</summary>
    public string? LastText { get; private set; }

    public async ValueTask HandleMethodAsync(MethodContext context)
    {
        Calls++;
        Assert.True(context.Connection.IsOnConnectionThread);
        switch (context.Member)
        {
            case "Echo":
                {
                    VariantValue value = context.Request.GetBodyReader().ReadVariantValue();
                    LastText = $"{value.Signature} {value}";
                    MessageWriter writer = context.CreateReplyWriter("v");
                    writer.WriteVariant(value);
                    context.Reply(writer.CreateMessage());
                    break;
                }
            case "Length":
                {
                    int length = context.Request.GetBodyReader().ReadArrayOfByte().Length;
                    MessageWriter writer = context.CreateReplyWriter("i");
                    writer.WriteInt32(length);
                    context.Reply(writer.CreateMessage());
                    break;
                }
            case "Bytes":
                {
                    byte[] bytes = new byte[context.Request.GetBodyReader().ReadInt32()];
                    MessageWriter writer = context.CreateReplyWriter("ay");
                    try
                    {
                        writer.WriteArrayOfByte(bytes);
                        context.Reply(writer.CreateMessage());
                    }
                    finally
                    {
                        writer.Dispose();
                    }
                    break;
                }
            case "Path":
                {
                    MessageWriter writer = context.CreateReplyWriter("o");
                    writer.WriteObjectPath(context.Path);
                    context.Reply(writer.CreateMessage());
                    break;
                }
            case "Later":
                await Later.Task;
                context.Reply(context.CreateReplyWriter(null).CreateMessage());
                break;
            case "Never":
                break;
            case "Throw":
                throw new InvalidOperationException("with details");
            case "ThrowLater":
                await Later.Task;
                throw new DBusErrorReplyException("test.Error.Late", "late");
            default:
                context.ReplyError(DBusErrors.UnknownMethod, $"no method {context.Member}");
                break;
        }
    }
}
