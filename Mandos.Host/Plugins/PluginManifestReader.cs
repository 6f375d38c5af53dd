using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Mandos.Abstractions.Plugins;
using Mandos.Host.Unix;

namespace Mandos.Host.Plugins;

/// <summary>Reads the metadata of an assembly (ECMA-335 part II). No code of the assembly runs.</summary>
internal static class PluginManifestReader
{
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

        var contract = new Version(mark.ReadInt32(), mark.ReadInt32());
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
                    exports.Add(new(kind, attribute.ReadSerializedString() ?? "", FullName(metadata, type)));
                }
            }
        }

        return exports;
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

    private static string FullName(MetadataReader metadata, TypeDefinition type)
    {
        var name = metadata.GetString(type.Name);
        if (type.GetDeclaringType() is { IsNil: false } outer)
        {
            return $"{FullName(metadata, metadata.GetTypeDefinition(outer))}+{name}";
        }

        return type.Namespace.IsNil ? name : $"{metadata.GetString(type.Namespace)}.{name}";
    }
}
