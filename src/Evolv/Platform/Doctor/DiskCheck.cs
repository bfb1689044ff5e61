namespace Evolv.Platform.Doctor;

/// <summary>Whether there is room: a full disk stops PostgreSQL.</summary>
static class DiskCheck
{
    const long Megabyte = 1024 * 1024;

    internal static IReadOnlyList<DoctorFinding> Run(string folder, bool holdsDatabase)
    {
        var there = folder;
        while (!Directory.Exists(there))
            there = Path.GetDirectoryName(there)!;
        return [Judge(folder, new DriveInfo(there).AvailableFreeSpace, holdsDatabase)];
    }

    // The write-ahead log alone may take 2 GB and what a slot keeps.
    internal static DoctorFinding Judge(string folder, long free, bool holdsDatabase)
    {
        var (least, enough) = holdsDatabase ? (1024 * Megabyte, 5 * 1024 * Megabyte) : (50 * Megabyte, 200 * Megabyte);
        var message = $"{free / Megabyte} MB are free for {folder}";
        const string Advice = "Make room, or move the data folder to another disk while Evolv is stopped.";
        return free < least ? DoctorFinding.Red(message, Advice)
            : free < enough ? DoctorFinding.Yellow(message, Advice)
            : DoctorFinding.Green(message);
    }
}
