using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Platform.Doctor;

/// <summary>Whether the database has this program's schema.</summary>
static class MigrationsCheck
{
    internal static async Task<IReadOnlyList<DoctorFinding>> RunAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        await using var owner = await context.OpenOwnerAsync(cancellationToken);
        var applied = new Dictionary<string, string>();
        await using (var exists = new NpgsqlCommand("select to_regclass('evolv_migrations.applied') is not null", owner))
        {
            if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
                return [DoctorFinding.Yellow("this database is not migrated", "./evolv migrate, or the next start, makes the schema.")];
        }

        await using var command = new NpgsqlCommand("select name, sha256 from evolv_migrations.applied", owner);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            applied.Add(reader.GetString(0), reader.GetString(1));
        return Judge(applied);
    }

    static List<DoctorFinding> Judge(Dictionary<string, string> applied)
    {
        var findings = new List<DoctorFinding>();
        var changed = Migrator.Files.Where(file => applied.TryGetValue(file.Name, out var hash) && hash != file.Hash).Select(file => file.Name).ToArray();
        var missing = Migrator.Files.Select(file => file.Name).Where(name => !applied.ContainsKey(name))
            .Concat(Migrator.ReferenceData.Where(file => applied.GetValueOrDefault(file.Name) != file.Hash).Select(file => file.Name)).ToArray();
        var unknown = applied.Keys.Except(Migrator.Files.Concat(Migrator.ReferenceData).Select(file => file.Name)).Order(StringComparer.Ordinal).ToArray();
        if (changed.Length > 0)
            findings.Add(DoctorFinding.Red($"changed since this database applied them: {string.Join(", ", changed)}", "Use the program that fits, or begin with an empty database."));
        if (missing.Length > 0)
            findings.Add(DoctorFinding.Yellow($"not applied: {string.Join(", ", missing)}", "./evolv migrate, or the next start, applies them."));
        if (unknown.Length > 0)
            findings.Add(DoctorFinding.Yellow($"this database is ahead of this program: {string.Join(", ", unknown)}", "Use the newer program."));
        return findings.Count > 0 ? findings : [DoctorFinding.Green($"all {Migrator.Files.Count} migrations are applied")];
    }
}
