namespace Mandos.Fuzz;

/// <summary>An input that did what none may.</summary>
/// <param name="Input">The input.</param>
/// <param name="Problem">What it did.</param>
internal sealed record Find(byte[] Input, string Problem)
{
    public override string ToString() => $"{Problem}\ninput: {Convert.ToHexString(Input)}";
}
