using System.Collections.Frozen;
using Mandos.Bus;
using Mandos.DBusControl.Calls;

namespace Mandos.DBusControl.Objects;

/// <summary>The methods of one kind of object, by name; no two of its interfaces have methods of the same name.</summary>
/// <param name="methods">The methods.</param>
internal sealed class MethodTable(IReadOnlyDictionary<string, Method> methods)
{
    private readonly FrozenDictionary<string, Method> _methods = methods.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Reads a call.</summary>
    /// <exception cref="CallException">There is no such method, or its arguments are others, or malformed.</exception>
    public Call Read(BusCall context)
    {
        if (!_methods.TryGetValue(context.Member, out Method? method)
            || (context.Interface is { } name && !method.Interfaces.Contains(name)))
        {
            string wanted = context.Interface is { } given ? $"{given}.{context.Member}" : context.Member;
            throw new CallException(BusErrors.UnknownMethod, $"{context.Path} has no method {wanted}");
        }

        if (!method.Signatures.Contains(context.Signature))
        {
            throw CallException.InvalidArgs(
                $"{context.Member} takes arguments of type “{method.Signatures[0]}”, not “{context.Signature}”");
        }

        try
        {
            return method.Read(context);
        }
        catch (Exception e) when (e is not CallException)
        {
            // The library throws various exceptions where a body does not fit its signature
            throw CallException.InvalidArgs($"the arguments of {context.Member} are malformed");
        }
    }
}
