using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Data;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Evolv.Platform.Audit;

/// <summary>
/// Reads the whole chain once and computes every hash anew, here and not in SQL: who can change the log can change functions
/// of the database, too. Memory does not grow with the log.
/// </summary>
sealed class AuditVerifier
{
    const int MostProblems = 20; // That are told one by one.
    const int HeadsAtOnce = 1000;

    // As in audit.content_hash; the names in it are PostgreSQL's own, because of the search_path.
    const string Content =
        """
        convert_to(jsonb_build_array(
            id, (extract(epoch from at) * 1000000)::bigint, action, actor_id, actor_role, login, user_id, subject_type, subject_id, details,
            network)::text, 'UTF8')
        """;

    readonly NpgsqlConnection _owner;
    readonly ImmutableArray<AuditProblem>.Builder _problems = ImmutableArray.CreateBuilder<AuditProblem>();
    long _problemCount;
    long _headsChecked;
    Guid _chain;
    AuditHead _head;

    AuditVerifier(NpgsqlConnection owner) => _owner = owner;

    /// <param name="owner">The owner's connection, not in a transaction.</param>
    /// <param name="heads">The file of heads.</param>
    /// <param name="expected">A head that somebody kept.</param>
    /// <param name="newest">How many entries to check, from the end, and of the heads the last; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SetupException">There is no audit log.</exception>
    internal static async Task<AuditReport> VerifyAsync(
        NpgsqlConnection owner, AuditHeads heads, AuditHead? expected, int? newest, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var length = heads.Length; // Before the snapshot: what is written later may be about entries that it does not have.
        var verifier = new AuditVerifier(owner);
        // One moment for all that follows, while the server goes on.
        await using var transaction = await owner.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await verifier.PrepareAsync(cancellationToken);
        await verifier.ReadEntriesAsync(newest, cancellationToken);
        if (newest is null)
            await verifier.FindDuplicatesAsync(cancellationToken);
        var (notSealed, oldest) = await verifier.ReadPendingAsync(cancellationToken);
        if (newest is null)
            await verifier.ReadHeadsAsync(heads.Read(length), cancellationToken);
        else if (heads.ReadLast() is { } last)
            await verifier.CompareAsync([new AuditHeads.Entry(0, last, IsGenuine: true)], cancellationToken);
        if (expected is { } head)
            await verifier.CompareAsync([new AuditHeads.Entry(0, new AuditAnchor(default, verifier._chain, head), IsGenuine: true)], cancellationToken);
        return new AuditReport(
            verifier._chain, verifier._head, notSealed, oldest, verifier._headsChecked, verifier._problems.ToImmutable(), verifier._problemCount,
            Stopwatch.GetElapsedTime(started));
    }

    void Add(string kind, long? entry, string message)
    {
        if (++_problemCount <= MostProblems)
            _problems.Add(new AuditProblem(kind, entry, message));
    }

    async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            set transaction read only;
            set local search_path = pg_catalog;
            select to_regclass('audit.entries') is not null;
            """, _owner);
        if (!(bool)(await command.ExecuteScalarAsync(cancellationToken))!)
            throw new SetupException("This database has no audit log; is it Evolv's, and migrated?");
        await using var chain = new NpgsqlCommand("select id from only audit.chains order by started_at limit 1", _owner);
        _chain = await chain.ExecuteScalarAsync(cancellationToken) is Guid id ? id : Guid.Empty;
        _head = new AuditHead(0, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"evolv audit {_chain}"))));
    }

    async Task ReadEntriesAsync(int? newest, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select seq, {Content}, content_hash, previous_hash, hash
            from only audit.entries
            where $1::bigint is null or seq > (select coalesce(max(seq), 0) from only audit.entries) - $1
            order by seq
            """, _owner)
        {
            Parameters = { new NpgsqlParameter { Value = newest is { } some ? (long)some : DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint } },
            CommandTimeout = 0,
        };
        var previous = Convert.FromHexString(_head.Hash);
        var isFirst = newest is not null; // Nothing is known of what is before it.
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var entry = new Row(
                reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<byte[]>(3),
                reader.GetFieldValue<byte[]>(4));
            if (!isFirst)
                CheckPlace(entry, previous);
            isFirst = false;
            if (!entry.IsGenuine)
                Add(AuditProblem.Edited, entry.Seq, $"entry {entry.Seq} is not what was sealed");
            previous = entry.Hash;
            _head = new AuditHead(entry.Seq, Convert.ToHexStringLower(entry.Hash));
        }
    }

    void CheckPlace(Row entry, byte[] previous)
    {
        var expected = _head.Count + 1;
        if (entry.Seq < expected)
            Add(AuditProblem.Duplicated, entry.Seq, $"entry {entry.Seq} is there more than once");
        else if (entry.Seq > expected)
            Add(AuditProblem.Missing, expected, entry.Seq == expected + 1 ? $"entry {expected} is missing" : $"entries {expected} to {entry.Seq - 1} are missing");
        else if (!entry.Previous.AsSpan().SequenceEqual(previous))
            Add(AuditProblem.Unlinked, entry.Seq, $"entry {entry.Seq} does not follow the one before it");
    }

    sealed record Row(long Seq, byte[] Content, byte[] ContentHash, byte[] Previous, byte[] Hash)
    {
        internal bool IsGenuine
        {
            get
            {
                Span<byte> linked = stackalloc byte[256];
                Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
                SHA256.HashData(Content, hash);
                if (!hash.SequenceEqual(ContentHash) || Previous.Length != SHA256.HashSizeInBytes)
                    return false;
                Previous.CopyTo(linked);
                BinaryPrimitives.WriteInt64BigEndian(linked[Previous.Length..], Seq);
                hash.CopyTo(linked[(Previous.Length + sizeof(long))..]);
                SHA256.HashData(linked[..(Previous.Length + sizeof(long) + hash.Length)], hash);
                return hash.SequenceEqual(Hash);
            }
        }
    }

    // The same deed twice, each time with a number of its own.
    async Task FindDuplicatesAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"select max(seq), count(*) from only audit.entries group by id having count(*) > 1 order by 1 limit {MostProblems}", _owner)
        {
            CommandTimeout = 0,
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            Add(AuditProblem.Duplicated, reader.GetInt64(0), $"entry {reader.GetInt64(0)} repeats another one");
    }

    async Task<(long Count, DateTimeOffset? Oldest)> ReadPendingAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"select id, at, sha256({Content}) = content_hash, exists (select from only audit.entries e where e.id = p.id) from only audit.pending p", _owner)
        {
            CommandTimeout = 0,
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (count, oldest) = (0L, default(DateTimeOffset?));
        while (await reader.ReadAsync(cancellationToken))
        {
            count++;
            var at = reader.GetFieldValue<DateTimeOffset>(1);
            oldest = oldest < at ? oldest : at;
            if (!reader.GetBoolean(2))
                Add(AuditProblem.PendingEdited, reader.GetInt64(0), $"what waits under the id {reader.GetInt64(0)} is not what was appended");
            if (reader.GetBoolean(3))
                Add(AuditProblem.Duplicated, reader.GetInt64(0), $"what waits under the id {reader.GetInt64(0)} was sealed before");
        }

        return (count, oldest);
    }

    async Task ReadHeadsAsync(IEnumerable<AuditHeads.Entry> heads, CancellationToken cancellationToken)
    {
        foreach (var some in heads.Chunk(HeadsAtOnce))
            await CompareAsync(some, cancellationToken);
    }

    async Task CompareAsync(AuditHeads.Entry[] heads, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select seq, encode(hash, 'hex') from only audit.entries where seq = any ($1)", _owner)
        {
            Parameters = { new() { Value = heads.Select(head => head.Anchor?.Head.Count ?? 0).ToArray() } },
            CommandTimeout = 0,
        };
        var hashes = new Dictionary<long, string>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                hashes[reader.GetInt64(0)] = reader.GetString(1);
        }

        foreach (var head in heads)
        {
            _headsChecked++;
            Compare(head, head.Anchor is null ? null : hashes.GetValueOrDefault(head.Anchor.Head.Count));
        }
    }

    void Compare(AuditHeads.Entry head, string? hash)
    {
        if (head is not { Anchor: { } anchor, IsGenuine: true })
            Add(AuditProblem.HeadForged, head.Number, $"line {head.Number} of the file of heads is not as this installation wrote it");
        else if (anchor.Chain != _chain)
            Add(AuditProblem.OtherChain, head.Number, $"line {head.Number} of the file of heads is of another chain; was the database replaced?");
        else if (anchor.Head.Count > _head.Count)
            Add(AuditProblem.CutOff, anchor.Head.Count, $"entries {_head.Count + 1} to {anchor.Head.Count} were cut off: the log once ended with {anchor.Head}");
        else if (anchor.Head.Count > 0 && hash != anchor.Head.Hash)
            Add(AuditProblem.Rewritten, anchor.Head.Count, $"the log up to entry {anchor.Head.Count} was rewritten: it once ended with {anchor.Head}");
    }
}
