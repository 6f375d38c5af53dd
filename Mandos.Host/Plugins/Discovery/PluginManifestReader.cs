using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Plugins;
using Mandos.Host.Unix;

namespace Mandos.Host.Plugins.Discovery;

/// <summary>Reads the metadata of an assembly (ECMA-335 part II). No code of the assembly runs.</summary>
internal static class PluginManifestReader
{
    /// <summary>Types within types; in a damaged file they may go in a circle.</summary>
    private const int MaxNesting = 64;

    /// <summary>Reads what a plugin says of itself.</summary>
    /// <param name="file">Path of the file.</param>
    /// <returns>The manifest; null if it is an assembly that is no plugin.</returns>
    /// <exception cref="BadImageFormatException">The file is not a .NET assembly, or a damaged one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be read.</exception>
    public static PluginManifest? Read(string file)
    {
        if (!FileEntry.Read(file, followLink: true).IsFile)
        {
            throw new BadImageFormatException("it is no ordinary file"); // to open a FIFO could take for ever
        }

        using var stream = File.OpenRead(file);
        using var image = new PEReader(stream);
        if (!image.HasMetadata || image.GetMetadataReader() is not { IsAssembly: true } metadata)
        {
            throw new BadImageFormatException("it holds no assembly");
        }

        var assembly = metadata.GetAssemblyDefinition();
        var attributes = assembly.GetCustomAttributes();
        if (FindAttribute(metadata, attributes, typeof(MandosPluginAttribute)) is not { } mark)
        {
            return null;
        }

        var (major, minor) = (mark.ReadInt32(), mark.ReadInt32());
        if (major < 0 || minor < 0)
        {
            throw new BadImageFormatException($"its contract is {major}.{minor}");
        }

        var contract = new Version(major, minor);
        var version = FindAttribute(metadata, attributes, typeof(AssemblyInformationalVersionAttribute))?.ReadSerializedString();
        return new(version?.Split('+')[0] ?? assembly.Version.ToString(), contract, ReadExports(metadata));
    }

    private static List<ExportDescription> ReadExports(MetadataReader metadata)
    {
        List<ExportDescription> exports = [];
        foreach (var handle in metadata.TypeDefinitions)
        {
            var type = metadata.GetTypeDefinition(handle);
            foreach (var kind in PluginKind.All)
            {
                if (FindAttribute(metadata, type.GetCustomAttributes(), kind.Attribute) is { } attribute)
                {
                    exports.Add(ReadExport(kind, attribute, FullName(metadata, type)));
                }
            }
        }

        return exports;
    }

    /// <summary>Reads what follows the prolog of an export attribute: its name, then lists of texts and flags by their names (ECMA-335 II.23.3).</summary>
    /// <exception cref="BadImageFormatException">The attribute has something else, which this contract version does not know.</exception>
    private static ExportDescription ReadExport(PluginKind kind, BlobReader attribute, string type)
    {
        var export = new ExportDescription(kind, attribute.ReadSerializedString() ?? "", type);
        for (var left = attribute.ReadUInt16(); left > 0; left--)
        {
            var isProperty = attribute.ReadByte() == (byte)CustomAttributeNamedArgumentKind.Property;
            var code = attribute.ReadSerializationTypeCode();
            if (isProperty && code == SerializationTypeCode.Boolean)
            {
                export = attribute.ReadSerializedString() == nameof(ExportPluginAttribute.OnlyIfChosen)
                    ? export with { OnlyIfChosen = attribute.ReadBoolean() }
                    : throw new BadImageFormatException($"its attribute {kind.Attribute.Name} has a flag that is not known");
                continue;
            }

            if (!isProperty || code != SerializationTypeCode.SZArray || attribute.ReadSerializationTypeCode() != SerializationTypeCode.String)
            {
                throw new BadImageFormatException($"its attribute {kind.Attribute.Name} has an argument that is neither a list of texts nor a flag");
            }

            var name = attribute.ReadSerializedString();
            var texts = ReadTexts(ref attribute);
            export = name switch
            {
                nameof(ExportPluginAttribute.Settings) => export with { Settings = texts },
                nameof(ExportCheckerAttribute.Options) => export with { Options = texts },
                _ => export,
            };
        }

        return export;
    }

    private static string[] ReadTexts(ref BlobReader attribute)
    {
        // Each text takes a byte at least, so a damaged count does not take memory.
        var count = attribute.ReadInt32();
        if (count < 0)
        {
            return []; // null
        }

        if (count > attribute.RemainingBytes)
        {
            throw new BadImageFormatException("a list in one of its attributes is cut off");
        }

        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            texts[i] = attribute.ReadSerializedString() ?? "";
        }

        return texts;
    }

    /// <summary>The fixed arguments of the first attribute of a type (ECMA-335 II.23.3); null if there is none.</summary>
    private static BlobReader? FindAttribute(MetadataReader metadata, CustomAttributeHandleCollection attributes, Type type)
    {
        const int PrologLength = 2;
        foreach (var handle in attributes)
        {
            var attribute = metadata.GetCustomAttribute(handle);
            if (attribute.Constructor.Kind == HandleKind.MemberReference
                && metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } parent
                && metadata.GetTypeReference((TypeReferenceHandle)parent) is var reference
                && metadata.StringComparer.Equals(reference.Name, type.Name)
                && metadata.StringComparer.Equals(reference.Namespace, type.Namespace!))
            {
                var blob = metadata.GetBlobReader(attribute.Value);
                blob.Offset = PrologLength;
                return blob;
            }
        }

        return null;
    }

    private static string FullName(MetadataReader metadata, TypeDefinition type, int depth = 0)
    {
        if (depth > MaxNesting)
        {
            throw new BadImageFormatException("its types are nested too deeply");
        }

        var name = metadata.GetString(type.Name);
        if (type.GetDeclaringType() is { IsNil: false } outer)
        {
            return $"{FullName(metadata, metadata.GetTypeDefinition(outer), depth + 1)}+{name}";
        }

        return type.Namespace.IsNil ? name : $"{metadata.GetString(type.Namespace)}.{name}";
    }
}
