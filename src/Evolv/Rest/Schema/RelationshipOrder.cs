using System.Diagnostics;

namespace Evolv.Rest.Schema;

/// <summary>
/// The order of the relationships between two tables. Clients see it: an ambiguous embed lists them all, and PostgREST
/// sorts them by the fields of its type, one after the other.
/// </summary>
sealed class RelationshipOrder : IComparer<Relationship>
{
    internal static RelationshipOrder Instance { get; } = new();

    public int Compare(Relationship? left, Relationship? right) => (left, right) switch
    {
        (Relationship.Key one, Relationship.Key other) => Ordering.First(
            Ordering.OfNames(one.Table, other.Table),
            Ordering.OfNames(one.ForeignTable, other.ForeignTable),
            one.IsSelf.CompareTo(other.IsSelf),
            Compare(one.Cardinality, other.Cardinality),
            one.TableIsView.CompareTo(other.TableIsView),
            one.ForeignTableIsView.CompareTo(other.ForeignTableIsView)),
        (Relationship.Computed one, Relationship.Computed other) => Ordering.First(
            Ordering.OfNames(one.Function, other.Function),
            Ordering.OfNames(one.Table, other.Table),
            Ordering.OfNames(one.ForeignTable, other.ForeignTable),
            one.SingleRow.CompareTo(other.SingleRow),
            one.IsSelf.CompareTo(other.IsSelf)),
        (Relationship.Key, _) => -1,
        _ => 1,
    };

    static int Compare(Cardinality left, Cardinality right) => (left, right) switch
    {
        (Cardinality.ManyToMany one, Cardinality.ManyToMany other) => Ordering.First(
            Ordering.OfNames(one.Junction, other.Junction),
            string.CompareOrdinal(one.Constraint1, other.Constraint1),
            string.CompareOrdinal(one.Constraint2, other.Constraint2),
            Ordering.OfLists(one.Source, other.Source, Compare),
            Ordering.OfLists(one.Target, other.Target, Compare)),
        _ when Rank(left) != Rank(right) => Rank(left).CompareTo(Rank(right)),
        _ => Ordering.First(
            string.CompareOrdinal(left.Constraint, right.Constraint),
            Ordering.OfLists(left.Pairs, right.Pairs, Compare),
            IsParent(left).CompareTo(IsParent(right))),
    };

    static int Compare(ColumnPair left, ColumnPair right)
        => Ordering.First(string.CompareOrdinal(left.Column, right.Column), string.CompareOrdinal(left.ForeignColumn, right.ForeignColumn));

    static bool IsParent(Cardinality cardinality) => cardinality is Cardinality.OneToOne { IsParent: true };

    static int Rank(Cardinality cardinality) => cardinality switch
    {
        Cardinality.OneToMany => 0,
        Cardinality.ManyToOne => 1,
        Cardinality.OneToOne => 2,
        Cardinality.ManyToMany => 3,
        _ => throw new UnreachableException(),
    };
}
