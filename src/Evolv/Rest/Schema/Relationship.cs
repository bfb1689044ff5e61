using System.Collections.Immutable;

namespace Evolv.Rest.Schema;

/// <summary>How rows of one table or view find rows of another.</summary>
abstract record Relationship(QualifiedName Table, QualifiedName ForeignTable, bool IsSelf)
{
    /// <summary>Whether a row finds at most one row: an object and not an array.</summary>
    internal abstract bool IsToOne { get; }

    /// <summary>Along a foreign key, or two of them.</summary>
    internal sealed record Key(
        QualifiedName Table, QualifiedName ForeignTable, bool IsSelf, Cardinality Cardinality, bool TableIsView, bool ForeignTableIsView)
        : Relationship(Table, ForeignTable, IsSelf)
    {
        internal override bool IsToOne => Cardinality is Cardinality.ManyToOne or Cardinality.OneToOne;
    }

    /// <summary>By a function that takes a row of <c>Table</c>; it hides the keys to the table of its name.</summary>
    internal sealed record Computed(
        QualifiedName Function, QualifiedName Table, QualifiedName ForeignTable, bool SingleRow, bool IsSelf)
        : Relationship(Table, ForeignTable, IsSelf)
    {
        internal override bool IsToOne => SingleRow;
    }
}

/// <summary>Columns of both sides that are equal, in the order of the constraint.</summary>
readonly record struct ColumnPair(string Column, string ForeignColumn)
{
    internal ColumnPair Swapped => new(ForeignColumn, Column);
}

abstract record Cardinality
{
    Cardinality() { } // Closed: only the cases below.

    /// <summary>The constraint; for a junction there are two.</summary>
    internal string? Constraint => this switch
    {
        ManyToOne one => one.Name,
        OneToMany many => many.Name,
        OneToOne one => one.Name,
        _ => null,
    };

    /// <summary>The pairs of the constraint; none for a junction.</summary>
    internal ImmutableArray<ColumnPair> Pairs => this switch
    {
        ManyToOne one => one.Columns,
        OneToMany many => many.Columns,
        OneToOne one => one.Columns,
        _ => [],
    };

    internal sealed record ManyToOne(string Name, ImmutableArray<ColumnPair> Columns) : Cardinality;

    internal sealed record OneToMany(string Name, ImmutableArray<ColumnPair> Columns) : Cardinality;

    /// <param name="IsParent">True on the side that the foreign key refers to.</param>
    internal sealed record OneToOne(string Name, ImmutableArray<ColumnPair> Columns, bool IsParent) : Cardinality;

    /// <summary>Through a table whose primary key holds both foreign keys.</summary>
    /// <param name="Source">Pairs of a column of the origin and one of the junction.</param>
    /// <param name="Target">Pairs of a column of the target and one of the junction.</param>
    internal sealed record ManyToMany(
        QualifiedName Junction, string Constraint1, string Constraint2, ImmutableArray<ColumnPair> Source, ImmutableArray<ColumnPair> Target)
        : Cardinality;
}
