using Evolv.Platform;
using Evolv.Platform.Audit;
using Evolv.Platform.Data;
using Evolv.Platform.Doctor;
using Evolv.Tests.Support;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Platform.Doctor;

/// <summary>Checks of the database: each made red or yellow for real, and green.</summary>
public sealed class DatabaseChecksTests(EvolvCluster cluster)
{
    static readonly AuditHeads NoHeads = new(Options.Create(new AuditOptions { HeadsFile = "" }), Options.Create(new ServerOptions { Data = "/nonexistent" }));

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_as_it_should_be_is_green()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync("select audit.seal(1000)");
        var context = Of(database.Connections);

        var postgres = Assert.Single(await PostgresCheck.RunAsync(context, new DatabaseOptions(), new ServerOptions(), Token));
        Assert.Matches("^PostgreSQL 18[.0-9a-z]* answers after [0-9]+ ms$", postgres.Message);
        Assert.StartsWith("green: all ", ChecksTests.Text(await MigrationsCheck.RunAsync(context, Token)), StringComparison.Ordinal);
        Assert.Equal("green: no mistakes in the schema", ChecksTests.Text(await LintCheck.RunAsync(context, Token)));
        Assert.StartsWith("green: its newest entries are as they were written", await AuditAsync(database, TimeProvider.System), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_PostgreSQL_that_does_not_answer_is_red()
    {
        var context = Of(ConnectionStrings.From(new DatabaseOptions(), ConnectionStrings.Parse("Host=127.0.0.1;Port=1;Username=x;Password=secret-canary;Database=y", "x")));

        var finding = Assert.Single(await PostgresCheck.RunAsync(context, new DatabaseOptions(), new ServerOptions(), Token));

        Assert.Equal((DoctorLevel.Red, "PostgreSQL at 127.0.0.1:1 does not let us in: Failed to connect to 127.0.0.1:1"), (finding.Level, finding.Message));
    }

    [Fact]
    public async Task An_owner_without_rights_and_requests_that_cannot_log_in_are_told()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        var role = $"limited_{database.Connections.Owner.Database}";
        await database.ExecuteAsync($"create role {role} login password 'limited'");
        var owner = new Npgsql.NpgsqlConnectionStringBuilder(database.Connections.Owner.ConnectionString) { Username = role, Password = "limited" };

        var text = ChecksTests.Text(await PostgresCheck.RunAsync(Of(ConnectionStrings.From(new DatabaseOptions(), owner)), new DatabaseOptions(), new ServerOptions(), Token));
        await database.ExecuteAsync($"drop role {role}");

        Assert.Contains("yellow: the owner may not create roles; yellow: the owner may not replicate", text, StringComparison.Ordinal);
        Assert.Contains("red: requests cannot log in as authenticator", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_that_log_in_above_row_level_security_are_told()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var options = new DatabaseOptions { PoolConnectionString = database.Connections.Owner.ConnectionString };

        var text = ChecksTests.Text(await PostgresCheck.RunAsync(
            Of(ConnectionStrings.From(options, new Npgsql.NpgsqlConnectionStringBuilder(database.Connections.Owner.ConnectionString))), options, new ServerOptions(), Token));

        Assert.Contains("red: requests log in as postgres, who is above row-level security", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("14", "red: PostgreSQL 14.9 is too old")]
    [InlineData("replica", "yellow: wal_level is replica: /realtime/v1 tells of no changes")]
    [InlineData("standby", "red: this PostgreSQL is a standby and takes no writes")]
    [InlineData("pages", "red: PostgreSQL found 3 broken pages (checksums)")]
    [InlineData("connections", "yellow: one server may open 20 connections, and PostgreSQL takes 25 of all")]
    public void What_PostgreSQL_says_of_itself_is_judged(string fault, string expected)
    {
        var well = new PostgresCheck.State("18.1", 180001, "logical", 100, IsSuperuser: true, MayCreateRoles: true, MayReplicate: true, IsInRecovery: false, BrokenPages: 0);
        var state = fault switch
        {
            "14" => well with { Version = "14.9", VersionNumber = 140009 },
            "replica" => well with { WalLevel = "replica" },
            "standby" => well with { IsInRecovery = true },
            "pages" => well with { BrokenPages = 3 },
            _ => well with { MaxConnections = 25 },
        };

        Assert.Empty(PostgresCheck.Judge(well, new DatabaseOptions(), isOurs: true));
        Assert.Equal(expected, ChecksTests.Text(PostgresCheck.Judge(state, new DatabaseOptions(), isOurs: true)));
    }

    [Theory]
    [InlineData("delete from evolv_migrations.applied where name like '%0005_audit.sql'", "yellow: not applied: db/platform/0005_audit.sql")]
    [InlineData("update evolv_migrations.applied set sha256 = 'x' where name like '%0001_roles.sql'", "red: changed since this database applied them: db/platform/0001_roles.sql")]
    [InlineData("update evolv_migrations.applied set sha256 = 'x' where name = 'db/seed.sql'", "yellow: not applied: db/seed.sql")]
    [InlineData("insert into evolv_migrations.applied values ('db/migrations/999912310000_social.sql', 'x')", "yellow: this database is ahead of this program: db/migrations/999912310000_social.sql")]
    [InlineData("drop schema evolv_migrations cascade", "yellow: this database is not migrated")]
    public async Task A_schema_that_is_not_this_programs_is_told(string change, string expected)
    {
        await using var database = await cluster.CreateDatabaseAsync();

        await database.ExecuteAsync(change);

        Assert.Equal(expected, ChecksTests.Text(await MigrationsCheck.RunAsync(Of(database.Connections), Token)));
    }

    [Fact]
    public async Task A_slot_that_nobody_reads_is_told()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        var name = $"{database.Connections.Owner.Database}_left";
        await database.ExecuteAsync(
            $"select pg_create_logical_replication_slot('evolv_changes_{name}', 'pgoutput'), pg_create_logical_replication_slot('{name}', 'pgoutput')");

        var text = ChecksTests.Text(await SlotCheck.RunAsync(Of(database.Connections), Token));

        Assert.Contains($"yellow: nobody reads the slot evolv_changes_{name}: a server was killed", text, StringComparison.Ordinal);
        Assert.Contains($"yellow: nobody reads the slot {name}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Slots_that_keep_much_or_have_lost_their_log_are_told()
    {
        var read = new SlotCheck.Slot("evolv_changes_1", IsActive: true, "reserved", 1000);

        Assert.Equal("green: 1 of 10 slots, all read", ChecksTests.Text(SlotCheck.Judge([read], 10, isBounded: true)));
        Assert.Equal("green: 0 of 10 slots, all read", ChecksTests.Text(SlotCheck.Judge([], 10, isBounded: false)));
        Assert.Equal("red: the slot evolv_changes_1 keeps 5000 MB of log", ChecksTests.Text(SlotCheck.Judge([read with { Retained = 5000L << 20 }], 10, isBounded: true)));
        Assert.Equal("red: the slot evolv_changes_1 has lost its log", ChecksTests.Text(SlotCheck.Judge([read with { WalStatus = "lost" }], 10, isBounded: true)));
        Assert.Equal("yellow: all 1 replication slots are taken", ChecksTests.Text(SlotCheck.Judge([read], 1, isBounded: true)));
        Assert.StartsWith("yellow: max_slot_wal_keep_size is -1", ChecksTests.Text(SlotCheck.Judge([read], 10, isBounded: false)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_in_the_schema_is_red_and_a_doubt_yellow()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync("create function public.doubtful() returns int language sql as 'select 1'; grant execute on function public.doubtful to anon");
        Assert.StartsWith("yellow: 1 doubts about the schema, the first: ", ChecksTests.Text(await LintCheck.RunAsync(Of(database.Connections), Token)), StringComparison.Ordinal);

        await database.ExecuteAsync("create table public.open (id int primary key); grant select on public.open to anon");
        Assert.StartsWith("red: 1 mistakes in the schema, the first: ", ChecksTests.Text(await LintCheck.RunAsync(Of(database.Connections), Token)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_audit_log_that_waits_or_was_changed_is_told()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync("select audit.append('role.granted', null, 'role', null)");
        var later = new ChecksTests.ShiftedClock(TimeSpan.FromHours(1));

        Assert.EndsWith(" entries of the audit log wait to be sealed", await AuditAsync(database, later), StringComparison.Ordinal);
        await database.ExecuteAsync("select audit.seal(1000)");
        Assert.StartsWith("green: ", await AuditAsync(database, later), StringComparison.Ordinal);

        await database.ExecuteAsync("alter table audit.entries disable trigger all; update audit.entries set action = 'role.revoked' where seq = 3");
        Assert.Equal("red: the audit log is not as it was written: entry 3 is not what was sealed", await AuditAsync(database, later));
    }

    static DoctorContext Of(ConnectionStrings connections) => new(connections, FolderIsInUse: false);

    static async Task<string> AuditAsync(TestDatabase database, TimeProvider time)
        => ChecksTests.Text(await AuditCheck.RunAsync(Of(database.Connections), NoHeads, time, Token));
}
