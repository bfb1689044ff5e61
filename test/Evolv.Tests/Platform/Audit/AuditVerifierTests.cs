using Evolv.Platform;
using Evolv.Platform.Audit;
using Evolv.Tests.Support;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Platform.Audit;

/// <summary>A superuser changes the chain in every way there is, and verify finds it.</summary>
public sealed class AuditVerifierTests(EvolvCluster cluster)
{
    const string Disable = "alter table audit.entries disable trigger all; alter table audit.pending disable trigger all; alter table audit.chains disable trigger all;";

    const string Seal = "select sealed from audit.seal(1000);";

    // As somebody would who knows how it is made.
    const string Relink =
        """
        do $$
        declare
            entry audit.entries;
            previous bytea := (select sha256(convert_to('evolv audit ' || id, 'UTF8')) from audit.chains);
            next bigint := 0;
        begin
            for entry in select * from audit.entries order by seq loop
                next := next + 1;
                entry.content_hash := audit.content_hash(
                    entry.id, entry.at, entry.action, entry.actor_id, entry.actor_role, entry.login, entry.user_id, entry.subject_type,
                    entry.subject_id, entry.details, entry.network);
                update audit.entries e
                set seq = next, content_hash = entry.content_hash, previous_hash = previous,
                    hash = sha256(previous || int8send(next) || entry.content_hash)
                where e.id = entry.id
                returning e.hash into previous;
            end loop;
        end
        $$;
        """;

    static readonly Dictionary<string, (string Sql, string[] Kinds)> Changes = new()
    {
        ["nothing"] = ("select 1", []),
        ["more is appended"] = ($"select audit.append('role.granted', null, 'role', null); {Seal}", []),
        ["an entry edited"] = ($$"""{{Disable}} update audit.entries set details = '{"n": 99}' where seq = 10""", ["edited"]),
        ["a time edited"] = ($"{Disable} update audit.entries set at = at - interval '1 microsecond' where seq = 10", ["edited"]),
        ["a network removed"] = ($"{Disable} update audit.entries set network = null where seq = 10", ["edited"]),
        ["an entry edited with its hash"] = (
            $$"""
            {{Disable}} update audit.entries set details = '{"n": 99}' where seq = 10;
            update audit.entries e set content_hash = audit.content_hash(
                id, at, action, actor_id, actor_role, login, user_id, subject_type, subject_id, details, network) where seq = 10
            """, ["edited"]),
        ["an entry edited with both hashes"] = (
            $$"""
            {{Disable}} update audit.entries set details = '{"n": 99}' where seq = 10;
            update audit.entries e set content_hash = audit.content_hash(
                id, at, action, actor_id, actor_role, login, user_id, subject_type, subject_id, details, network) where seq = 10;
            update audit.entries set hash = sha256(previous_hash || int8send(seq) || content_hash) where seq = 10
            """, ["unlinked"]),
        ["all rewritten from an edited entry on"] = ($$"""{{Disable}} update audit.entries set details = '{"n": 99}' where seq = 10; {{Relink}}""", ["rewritten"]),
        ["an entry removed"] = ($"{Disable} delete from audit.entries where seq = 10", ["missing"]),
        ["some entries removed"] = ($"{Disable} delete from audit.entries where seq between 10 and 12", ["missing"]),
        ["the first entry removed"] = ($"{Disable} delete from audit.entries where seq = 1", ["missing"]),
        ["an entry removed and all rewritten"] = ($"{Disable} delete from audit.entries where seq = 10; {Relink}", ["cut_off"]),
        ["two entries swapped"] = (
            $"{Disable} update audit.entries set seq = 999 where seq = 10; update audit.entries set seq = 10 where seq = 11; update audit.entries set seq = 11 where seq = 999",
            ["unlinked", "edited"]),
        ["an entry twice"] = (
            $"{Disable} alter table audit.entries drop constraint entries_pkey, drop constraint entries_id_key; insert into audit.entries select * from audit.entries where seq = 10",
            ["duplicated"]),
        ["an entry repeated at the end"] = (
            $"""
            {Disable} alter table audit.entries drop constraint entries_id_key;
            insert into audit.entries
            select l.seq + 1, e.id, e.at, e.action, e.actor_id, e.actor_role, e.login, e.user_id, e.subject_type, e.subject_id, e.details, e.network,
                e.sealed_at, e.content_hash, l.hash, sha256(l.hash || int8send(l.seq + 1) || e.content_hash)
            from audit.entries e, (select * from audit.entries order by seq desc limit 1) l
            where e.seq = 10
            """, ["duplicated"]),
        ["the end cut off"] = ($"{Disable} delete from audit.entries where seq > 17", ["cut_off"]),
        ["the end cut off and others appended"] = (
            $"{Disable} delete from audit.entries where seq > 17; select audit.append('role.granted', null, 'role', null) from generate_series(1, 9); {Seal}", ["rewritten"]),
        ["everything removed"] = ($"{Disable} delete from audit.entries", ["cut_off"]),
        ["an entry forged at the end"] = (
            $"""
            {Disable}
            insert into audit.entries
            select seq + 1, 999999, at, action, actor_id, actor_role, login, user_id, subject_type, subject_id, details, network, sealed_at,
                content_hash, hash, sha256('guessed')
            from audit.entries order by seq desc limit 1
            """, ["edited"]),
        ["what waits edited"] = ($"{Disable} select audit.append('role.granted', null, 'role', null); update audit.pending set action = 'role.revoked'", ["pending_edited"]),
        ["what was sealed put back"] = (
            $"""
            {Disable}
            insert into audit.pending
            select id, at, action, actor_id, actor_role, login, user_id, subject_type, subject_id, details, network, content_hash from audit.entries where seq = 10;
            select audit.append('role.granted', null, 'role', null); {Seal}
            """, ["duplicated"]),
        ["another chain begun"] = ($"{Disable} update audit.chains set id = gen_random_uuid(); {Relink}", ["other_chain"]),
        ["the chain without its name"] = ($"{Disable} delete from audit.chains", ["unlinked", "other_chain"]),
        // The functions are the superuser's, too: verify asks none of them.
        ["functions that lie"] = (
            $$"""
            {{Disable}} update audit.entries set details = '{"n": 99}' where seq = 10;
            create or replace function audit.content_hash(id bigint, at timestamptz, action text, actor_id uuid, actor_role text, login text, user_id uuid,
                subject_type text, subject_id text, details jsonb, network cidr) returns bytea language sql as $l$ select content_hash from audit.entries e where e.id = $1 $l$;
            create function public.jsonb_build_array(variadic "any") returns jsonb language internal as 'jsonb_build_object';
            create function public.sha256(bytea) returns bytea language sql as $l$ select $1 $l$
            """, ["edited"]),
    };

    public static TheoryData<string> Names => [.. Changes.Keys];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Verify_finds(string change)
    {
        var (sql, kinds) = Changes[change];
        using var folder = new Folder();
        await using var database = await TwentyEntriesAsync();
        var head = (await VerifyAsync(database, folder.Heads)).Head;
        folder.Heads.Append(await AnchorAsync(database, head));

        await database.ExecuteAsync(sql);
        var report = await VerifyAsync(database, folder.Heads);

        Assert.Equal(kinds, report.Problems.Select(problem => problem.Kind).Distinct());
        Assert.Equal(kinds.Length == 0, report.IsWhole);
    }

    [Fact]
    public async Task A_head_that_somebody_kept_finds_what_no_file_tells()
    {
        using var folder = new Folder();
        await using var database = await TwentyEntriesAsync();
        var head = (await VerifyAsync(database, folder.Heads)).Head;

        await database.ExecuteAsync($"{Disable} delete from audit.entries where seq > 17");

        Assert.Empty((await VerifyAsync(database, folder.Heads)).Problems); // Of the chain alone nobody can tell that it was longer.
        Assert.Equal(["cut_off"], (await VerifyAsync(database, folder.Heads, head)).Problems.Select(problem => problem.Kind));
        Assert.Equal(["rewritten"], (await VerifyAsync(database, folder.Heads, head with { Count = 17 })).Problems.Select(problem => problem.Kind));
    }

    [Fact]
    public async Task An_older_head_still_fits_when_the_log_has_grown()
    {
        using var folder = new Folder();
        await using var database = await TwentyEntriesAsync();
        var head = (await VerifyAsync(database, folder.Heads)).Head;

        await database.ExecuteAsync($"select audit.append('role.granted', null, 'role', null); {Seal}");
        var report = await VerifyAsync(database, folder.Heads, head);

        Assert.Empty(report.Problems);
        Assert.Equal(21, report.Head.Count);
    }

    [Theory]
    [InlineData("edited")]
    [InlineData("removed")]
    [InlineData("without_key")]
    [InlineData("nonsense")]
    public async Task Heads_that_somebody_changed_are_not_believed(string how)
    {
        using var folder = new Folder();
        await using var database = await TwentyEntriesAsync();
        var anchor = await AnchorAsync(database, (await VerifyAsync(database, folder.Heads)).Head);
        for (var i = 0; i < 3; i++)
            folder.Heads.Append(anchor with { At = anchor.At.AddSeconds(i) });
        var lines = await File.ReadAllLinesAsync(folder.Heads.Path!, Token);

        switch (how)
        {
            case "edited":
                lines[1] = lines[1].Replace("\"count\":20", "\"count\":19", StringComparison.Ordinal);
                break;
            case "removed":
                lines = [lines[0], lines[2]];
                break;
            case "without_key":
                File.Delete(folder.Heads.KeyPath);
                break;
            default:
                lines[1] = "nonsense";
                break;
        }

        await File.WriteAllLinesAsync(folder.Heads.Path!, lines, Token);
        var report = await VerifyAsync(database, folder.Heads);

        Assert.Equal(["head_forged"], report.Problems.Select(problem => problem.Kind).Distinct());
    }

    [Fact]
    public async Task A_line_that_a_crash_has_cut_is_written_anew()
    {
        using var folder = new Folder();
        await using var database = await TwentyEntriesAsync();
        var anchor = await AnchorAsync(database, (await VerifyAsync(database, folder.Heads)).Head);
        folder.Heads.Append(anchor);
        await File.AppendAllTextAsync(folder.Heads.Path!, "{\"at\":\"2026-", Token);

        Assert.Equal(anchor, folder.Heads.ReadLast());
        folder.Heads.Append(anchor);

        Assert.Equal(2, (await File.ReadAllLinesAsync(folder.Heads.Path!, Token)).Length);
        Assert.Empty((await VerifyAsync(database, folder.Heads)).Problems);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.Heads.Path!));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.Heads.KeyPath));
    }

    [Fact]
    public async Task Nothing_is_sealed_into_a_chain_without_a_name()
    {
        await using var database = await TwentyEntriesAsync();

        await database.ExecuteAsync($"{Disable} delete from audit.chains; select audit.append('role.granted', null, 'role', null)");

        Assert.Equal("XX001", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(Seal))).SqlState);
    }

    [Fact]
    public async Task Two_who_seal_at_once_and_one_who_is_undone_leave_no_gap()
    {
        using var folder = new Folder();
        await using var database = await TwentyEntriesAsync();

        await database.ExecuteAsync("select audit.append('role.granted', null, 'role', null) from generate_series(1, 50)");
        await database.ExecuteAsync($"begin; {Seal} rollback");
        var seals = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => database.ScalarAsync<int>("select sealed from audit.seal(20)")));
        while (await database.ScalarAsync<int>("select sealed from audit.seal(20)") > 0)
        {
        }

        var report = await VerifyAsync(database, folder.Heads);
        Assert.All(seals, count => Assert.InRange(count, 0, 20));
        Assert.Empty(report.Problems);
        Assert.Equal((70, 0), (report.Head.Count, report.NotSealed));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("20", false)]
    [InlineData("20:abc", false)]
    [InlineData("-1:0000000000000000000000000000000000000000000000000000000000000000", false)]
    [InlineData("20:000000000000000000000000000000000000000000000000000000000000000g", false)]
    [InlineData("20:00000000000000000000000000000000000000000000000000000000000000AF", true)]
    public void A_head_is_a_count_and_a_hash(string text, bool isHead) => Assert.Equal(isHead, AuditHead.Parse(text) is not null);

    // Without those of the installation, so that numbers are known.
    async Task<TestDatabase> TwentyEntriesAsync()
    {
        var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync(
            $$"""
            {{Disable}} truncate audit.pending, audit.entries;
            alter table audit.entries enable always trigger entries_append_only;
            select audit.append('role.granted', gen_random_uuid(), 'role', 'é ' || n, jsonb_build_object('n', n, 'x', 1.50), gen_random_uuid(), '2001:db8:1::/48')
            from generate_series(1, 20) n;
            {{Seal}}
            """);
        return database;
    }

    static async Task<AuditReport> VerifyAsync(TestDatabase database, AuditHeads heads, AuditHead? expected = null)
    {
        await using var owner = await database.OpenOwnerAsync();
        return await AuditVerifier.VerifyAsync(owner, heads, expected, newest: null, Token);
    }

    static async Task<AuditAnchor> AnchorAsync(TestDatabase database, AuditHead head)
        => new(DateTimeOffset.UnixEpoch, await database.ScalarAsync<Guid>("select id from audit.chains"), head);

    sealed class Folder : IDisposable
    {
        readonly string _path = Directory.CreateTempSubdirectory("evolv-audit-").FullName;

        internal AuditHeads Heads => new(Options.Create(new AuditOptions()), Options.Create(new ServerOptions { Data = _path }));

        public void Dispose() => Directory.Delete(_path, recursive: true);
    }
}
