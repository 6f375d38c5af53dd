namespace Mandos.Host.Configuration;

/// <summary>Which file each line is from, where the lines of several files are counted through as if they were one.</summary>
internal sealed class SourceLines
{
    private readonly List<(string Path, int FirstLine)> _files = [];

    /// <summary>Adds a file behind the others.</summary>
    /// <param name="path">Its name for messages.</param>
    /// <param name="firstLine">Its first line, counted through all files.</param>
    public void Add(string path, int firstLine) => _files.Add((path, firstLine));

    /// <summary>Says where a line stands.</summary>
    /// <param name="line">A line counted through all files.</param>
    /// <param name="message">The text of the problem.</param>
    public ConfigProblem At(int line, string message)
    {
        int file = _files.Count - 1;
        while (_files[file].FirstLine > line)
        {
            file--;
        }

        return new ConfigProblem(_files[file].Path, line - _files[file].FirstLine + 1, message);
    }
}
