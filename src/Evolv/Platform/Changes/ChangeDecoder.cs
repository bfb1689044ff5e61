using System.Collections.Immutable;
using System.Globalization;
using Evolv.Platform.Data;
using Npgsql;
using Npgsql.Replication.PgOutput;
using Npgsql.Replication.PgOutput.Messages;
using NpgsqlTypes;

namespace Evolv.Platform.Changes;

/// <summary>Makes <see cref="Change"/>s of the messages of PostgreSQL's plug-in <c>pgoutput</c>.</summary>
sealed class ChangeDecoder(Database database)
{
    // PostgreSQL describes a table before its first change on a connection, and again after its definition has changed.
    readonly Dictionary<uint, ChangedTable> _tables = [];
    readonly Dictionary<uint, string> _types = [];

    /// <summary>Names of types may have changed since.</summary>
    internal void Reconnect() => _types.Clear();

    internal async Task LearnAsync(RelationMessage relation, CancellationToken cancellationToken)
    {
        await LearnTypesAsync(relation, cancellationToken);
        var table = new ChangedTable(
            relation.Namespace, relation.RelationName, relation.RelationId,
            [.. relation.Columns.Select(column => new ChangedColumn(
                column.ColumnName, _types[column.DataTypeId],
                column.Flags.HasFlag(RelationMessage.Column.ColumnFlags.PartOfKey)))]);
        _tables[table.Oid] = table; // Also with the same columns: it is described anew when its grants or policies change, too.
    }

    /// <summary>The change that a message holds; null for any other kind of message.</summary>
    internal async ValueTask<Change?> DecodeAsync(
        PgOutputReplicationMessage message, DateTimeOffset committedAt, ulong lsn, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case InsertMessage insert:
                return Of(insert.Relation, ChangeKind.Insert, await ReadAsync(insert.NewRow, cancellationToken), []);
            case IndexUpdateMessage update: // The key has changed, so the old one is there. Old values come first.
                var oldKey = KeyOf(update.Relation, await ReadAsync(update.Key, cancellationToken));
                return Of(update.Relation, ChangeKind.Update, await ReadAsync(update.NewRow, cancellationToken), oldKey);
            case FullUpdateMessage update:
                var old = await ReadAsync(update.OldRow, cancellationToken);
                return Of(update.Relation, ChangeKind.Update, Complete(await ReadAsync(update.NewRow, cancellationToken), old), old);
            case UpdateMessage update:
                return Of(update.Relation, ChangeKind.Update, await ReadAsync(update.NewRow, cancellationToken), []);
            case KeyDeleteMessage delete:
                return Of(delete.Relation, ChangeKind.Delete, [], KeyOf(delete.Relation, await ReadAsync(delete.Key, cancellationToken)));
            case FullDeleteMessage delete:
                return Of(delete.Relation, ChangeKind.Delete, [], await ReadAsync(delete.OldRow, cancellationToken));
            default:
                return null;
        }

        Change Of(RelationMessage relation, ChangeKind kind, ImmutableArray<ChangedValue> @new, ImmutableArray<ChangedValue> old)
            => new(_tables[relation.RelationId], kind, @new, old, committedAt, lsn);
    }

    static async ValueTask<ImmutableArray<ChangedValue>> ReadAsync(ReplicationTuple row, CancellationToken cancellationToken)
    {
        var values = ImmutableArray.CreateBuilder<ChangedValue>(row.NumColumns);
        await foreach (var value in row.WithCancellation(cancellationToken))
        {
            values.Add(value.Kind switch
            {
                TupleDataKind.Null => ChangedValue.Null,
                TupleDataKind.UnchangedToastedValue => default,
                _ => ChangedValue.Of(await value.Get<string>(cancellationToken)),
            });
        }

        return values.MoveToImmutable();
    }

    // A key comes as a whole row that has nulls for everything else.
    ImmutableArray<ChangedValue> KeyOf(RelationMessage relation, ImmutableArray<ChangedValue> row)
    {
        var columns = _tables[relation.RelationId].Columns;
        return [.. row.Select((value, i) => columns[i].IsIdentity ? value : default)];
    }

    // Values that are stored out of line and did not change are missing in the new row but not in a full old one.
    static ImmutableArray<ChangedValue> Complete(ImmutableArray<ChangedValue> row, ImmutableArray<ChangedValue> old)
        => row.All(value => value.IsKnown) ? row : [.. row.Select((value, i) => value.IsKnown ? value : old[i])];

    async Task LearnTypesAsync(RelationMessage relation, CancellationToken cancellationToken)
    {
        var missing = relation.Columns.Select(column => column.DataTypeId).Where(type => !_types.ContainsKey(type)).Distinct().ToArray();
        if (missing.Length == 0)
            return;
        await database.ReadCatalogAsync(async (connection, token) =>
        {
            await using var command = new NpgsqlCommand("select oid, typname::text from pg_catalog.pg_type where oid = any ($1)", connection)
            {
                Parameters = { new NpgsqlParameter<uint[]> { TypedValue = missing, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid } },
            };
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token))
                _types[reader.GetFieldValue<uint>(0)] = reader.GetString(1);
            return 0;
        }, cancellationToken);
        // Dropped since the change: the catalog is of now and the log is of then.
        foreach (var type in missing)
            _types.TryAdd(type, type.ToString(CultureInfo.InvariantCulture));
    }
}
