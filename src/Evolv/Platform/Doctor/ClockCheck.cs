using System.Globalization;
using Npgsql;

namespace Evolv.Platform.Doctor;

/// <summary>Whether this machine and the database agree about the time: tokens end and limits begin by it.</summary>
static class ClockCheck
{
    static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(2);
    static readonly TimeSpan Wrong = TimeSpan.FromSeconds(30);

    internal static async Task<IReadOnlyList<DoctorFinding>> RunAsync(DoctorContext context, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // Nobody runs a program before it was built.
        var built = new DateTimeOffset(File.GetLastWriteTimeUtc(typeof(ClockCheck).Assembly.Location));
        if (now < built.AddDays(-1))
        {
            return [DoctorFinding.Red(
                string.Create(CultureInfo.InvariantCulture, $"the clock says {now:yyyy-MM-dd HH:mm} UTC, before this program was built"), "Set the clock; switch on NTP.")];
        }

        if (context.Connections is null)
            return [DoctorFinding.Green(string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd HH:mm} UTC"))];
        await using var owner = await context.OpenOwnerAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select clock_timestamp()", owner);
        await command.ExecuteScalarAsync(cancellationToken); // What is asked for the first time takes longer.
        var before = time.GetUtcNow();
        var theirs = new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellationToken))!);
        var after = time.GetUtcNow();
        return [Judge(theirs - (before + ((after - before) / 2)), (after - before) / 2)];
    }

    internal static DoctorFinding Judge(TimeSpan difference, TimeSpan uncertainty)
    {
        var least = difference.Duration() - uncertainty;
        var message = string.Create(CultureInfo.InvariantCulture, $"the database's clock is {Math.Abs(difference.TotalSeconds):0.0} s {(difference > TimeSpan.Zero ? "ahead" : "behind")}");
        const string Advice = "Set both clocks; switch on NTP on both machines.";
        return least > Wrong ? DoctorFinding.Red(message, Advice)
            : least > Noticeable ? DoctorFinding.Yellow(message, Advice)
            : DoctorFinding.Green("this machine and the database agree");
    }
}
