using System.Runtime.CompilerServices;

namespace Mandos.PluginContracts.Tests.Sharing;

/// <summary>Where the stores of one context find what they share.</summary>
internal sealed class SharedPlace
{
    private static readonly ConditionalWeakTable<ContractContext, SharedPlace> _all = [];

    public SharedTruth Truth { get; private set; } = new();

    public bool IsCutOff { get; private set; }

    public static SharedPlace Of(ContractContext context) => _all.GetOrCreateValue(context);

    public static void Replace(ContractContext context)
    {
        SharedPlace place = Of(context);
        lock (place.Truth)
        {
            place.Truth = place.Truth.Promote();
        }
    }

    public static IDisposable CutOff(ContractContext context)
    {
        SharedPlace place = Of(context);
        place.IsCutOff = true;
        return new Reconnection(place);
    }

    private sealed class Reconnection(SharedPlace place) : IDisposable
    {
        public void Dispose() => place.IsCutOff = false;
    }
}
