using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Evolv.Platform.Postgres;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Audit;

/// <summary>
/// The file of heads: where the chain ended at which time, out of reach of whoever has only SQL. It is appended to and never
/// rewritten; each line carries a code over itself and the line before, by a key in the data folder.
/// </summary>
sealed class AuditHeads(IOptions<AuditOptions> options, IOptions<ServerOptions> server)
{
    const int LongestLine = 1024;

    readonly string _folder = Installation.FolderOf(server.Value);

    /// <summary>Null when none is wanted.</summary>
    internal string? Path { get; } = string.IsNullOrEmpty(options.Value.HeadsFile)
        ? null
        : System.IO.Path.GetFullPath(options.Value.HeadsFile, Installation.FolderOf(server.Value));

    internal string KeyPath => System.IO.Path.Combine(_folder, "audit.key");

    /// <summary>A line as it is in the file.</summary>
    sealed record Line(DateTimeOffset At, Guid Chain, long Count, string Hash, string Mac);

    /// <summary>What one line says, or that it cannot be believed.</summary>
    /// <param name="Number">Of the line, from 1.</param>
    /// <param name="Anchor">Null when the line is broken.</param>
    /// <param name="IsGenuine">Whether this installation wrote it and it stands behind the line before which it was written.</param>
    internal readonly record struct Entry(int Number, AuditAnchor? Anchor, bool IsGenuine);

    /// <summary>How much there is now; what is appended later is no part of a reading up to here.</summary>
    internal long Length => Path is not null && File.Exists(Path) ? new FileInfo(Path).Length : 0;

    /// <exception cref="IOException">It cannot be written.</exception>
    internal void Append(AuditAnchor anchor)
    {
        if (Path is null)
            return;
        Directory.CreateDirectory(_folder);
        var key = ReadOrCreateKey();
        // Alone, because another server may keep the same file.
        using var file = new FileStream(Path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            UnixCreateMode = DataFolder.OwnerOnly,
        });
        var (last, end) = ReadLast(file);
        file.SetLength(end); // Without a line that was cut by a crash.
        file.Seek(end, SeekOrigin.Begin);
        var line = new Line(anchor.At, anchor.Chain, anchor.Head.Count, anchor.Head.Hash, "");
        line = line with { Mac = MacOf(key, last?.Mac ?? "", line) };
        file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(line, JsonSerializerOptions.Web) + "\n"));
        file.Flush(flushToDisk: true);
    }

    /// <summary>The newest line; null when there is none.</summary>
    internal AuditAnchor? ReadLast()
    {
        if (Length == 0)
            return null;
        using var file = new FileStream(Path!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return AnchorOf(ReadLast(file).Line);
    }

    /// <summary>Every line of the first <paramref name="length"/> bytes, one after the other.</summary>
    internal IEnumerable<Entry> Read(long length)
    {
        if (length == 0)
            yield break;
        var key = File.Exists(KeyPath) ? ReadKey() : [];
        // Shared, or the server could not append meanwhile.
        using var reader = new StreamReader(new FileStream(Path!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), Encoding.UTF8);
        var (number, read, previous) = (0, 0L, "");
        while (read < length && reader.ReadLine() is { } text)
        {
            read += Encoding.UTF8.GetByteCount(text) + 1;
            var line = Parse(text);
            var isGenuine = line is not null && key.Length > 0 && CryptographicOperations.FixedTimeEquals(
                Encoding.ASCII.GetBytes(line.Mac), Encoding.ASCII.GetBytes(MacOf(key, previous, line)));
            yield return new Entry(++number, AnchorOf(line), isGenuine);
            previous = line?.Mac ?? "";
        }
    }

    static AuditAnchor? AnchorOf(Line? line)
        => line is null ? null : new AuditAnchor(line.At, line.Chain, new AuditHead(line.Count, line.Hash));

    static Line? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Line>(text, JsonSerializerOptions.Web) is { Hash: not null, Mac: not null } line ? line : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // The last whole line, and where it ends.
    static (Line? Line, long End) ReadLast(FileStream file)
    {
        var tail = new byte[Math.Min(file.Length, 2 * LongestLine)];
        file.Seek(-tail.Length, SeekOrigin.End);
        file.ReadExactly(tail);
        var end = Array.LastIndexOf(tail, (byte)'\n');
        if (end < 0)
            return (null, tail.Length < 2 * LongestLine ? 0 : file.Length);
        var start = end == 0 ? 0 : Array.LastIndexOf(tail, (byte)'\n', end - 1) + 1;
        return (Parse(Encoding.UTF8.GetString(tail, start, end - start)), file.Length - tail.Length + end + 1);
    }

    static string MacOf(byte[] key, string previous, Line line)
        => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{previous}\n{line.At.UtcTicks}\n{line.Chain}\n{line.Count}\n{line.Hash}"))));

    byte[] ReadOrCreateKey()
    {
        if (!File.Exists(KeyPath))
        {
            var temporary = System.IO.Path.Combine(_folder, $"audit.key.{Guid.NewGuid():N}");
            using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = DataFolder.OwnerOnly,
            }))
            {
                file.Write(Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(64, lowercase: true)));
                file.Flush(flushToDisk: true);
            }

            try
            {
                File.Move(temporary, KeyPath); // Never half of a key, and never in place of another's.
            }
            catch (IOException) when (File.Exists(KeyPath))
            {
                File.Delete(temporary);
            }
        }

        return ReadKey();
    }

    byte[] ReadKey() => Encoding.ASCII.GetBytes(File.ReadAllText(KeyPath).Trim());
}
