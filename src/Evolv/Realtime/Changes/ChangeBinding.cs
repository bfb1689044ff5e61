using System.Collections.Immutable;
using Evolv.Platform.Changes;
using Evolv.Realtime.Channels;

namespace Evolv.Realtime.Changes;

/// <summary>One entry of a channel's <c>postgres_changes</c>.</summary>
/// <param name="Channel">Who is told.</param>
/// <param name="Id">By which the client knows the entry.</param>
/// <param name="Kind">Null for any.</param>
/// <param name="Schema"><see cref="Any"/> for any.</param>
/// <param name="Table"><see cref="Any"/> for any.</param>
/// <param name="Filters">All must pass.</param>
/// <param name="Select">The columns that are wanted, beside the primary key; default for all.</param>
sealed record ChangeBinding(
    Channel Channel, int Id, ChangeKind? Kind, string Schema, string Table, ImmutableArray<ChangeFilter> Filters, ImmutableArray<string> Select)
{
    internal const string Any = "*";

    /// <summary>The filter by whose value the binding is found.</summary>
    internal ChangeFilter? Index { get; } = Filters.FirstOrDefault(filter => filter.IsIndexable);

    // As the object that it is: a channel may have many, and each is registered once.
    public bool Equals(ChangeBinding? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
