namespace Mandos.Ctl.Commands;

internal static class CtlCommand
{
    public static Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken) => Task.FromResult(0);
}
