using System.Collections.Immutable;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Plan;

/// <summary>
/// How one table is read, and below it the tables embedded in it. <see cref="ReadPlanner"/> builds it step by step; after
/// that it is only read.
/// </summary>
/// <param name="name">As the request has it: a table, a constraint, or a column of a foreign key.</param>
sealed class ReadPlan(string name, QualifiedName from, int depth)
{
    /// <summary>The rows of a write or a call, which the statement has in a CTE.</summary>
    internal static readonly QualifiedName SourceRows = new("", "pgrst_source");

    internal string Name { get; } = name;

    internal int Depth { get; } = depth;

    internal QualifiedName From { get; set; } = from;

    internal string? FromAlias { get; set; }

    /// <summary>What the request selects of this table, before its fields are found.</summary>
    internal ImmutableArray<SelectItem.Column> Columns { get; init; } = [];

    internal ImmutableArray<SelectField> Select { get; set; } = [];

    internal ImmutableArray<PlanLogic> Where { get; set; } = [];

    internal ImmutableArray<PlanOrder> Order { get; set; } = [];

    internal RowRange Range { get; set; } = RowRange.All;

    internal string? Alias { get; init; }

    internal string? Hint { get; init; }

    internal JoinType? Join { get; init; }

    /// <summary>Null for an embed that becomes an object or array.</summary>
    internal SpreadKind? Spread { get; set; }

    /// <summary>Null at the top.</summary>
    internal Relationship? Relationship { get; set; }

    /// <summary>The parent as the statement names it, for a computed relationship.</summary>
    internal QualifiedName ParentRow { get; set; }

    internal ImmutableArray<JoinCondition> JoinConditions { get; set; } = [];

    /// <summary>How the parent's statement names this embed.</summary>
    internal string AggregateAlias { get; set; } = "";

    internal ImmutableArray<ReadPlan> Embeds { get; set; } = [];

    /// <summary>What this table's statement takes from its embeds, in the same order.</summary>
    internal ImmutableArray<EmbedSelect> EmbedSelects { get; set; } = [];

    /// <summary>A filter named the table although it has an alias; PostgREST warns of that.</summary>
    internal bool IsNamedByTarget { get; set; }

    internal string NameInRequest => Alias ?? Name;

    /// <summary>The table as conditions name it.</summary>
    internal QualifiedName Reference => Relationship is Relationship.Computed computed
        ? new("", FromAlias ?? computed.Function.Name)
        : FromAlias is { } alias ? new("", alias) : From;

    internal IReadOnlyList<ReadPlan> SelfAndEmbeds()
    {
        var all = new List<ReadPlan>(Embeds.Length + 1);
        Add(this);
        return all;

        void Add(ReadPlan plan)
        {
            all.Add(plan);
            foreach (var embed in plan.Embeds)
                Add(embed);
        }
    }
}

/// <summary>Two columns that are equal.</summary>
readonly record struct JoinCondition(QualifiedName Table, string Column, QualifiedName OtherTable, string OtherColumn);

/// <summary>How a spread embed gives its columns to the parent.</summary>
abstract record SpreadKind
{
    SpreadKind() { } // Closed: only the cases below.

    internal sealed record ToOne : SpreadKind;

    /// <summary>As arrays; what they are ordered by must be selected below, too.</summary>
    internal sealed record ToMany(ImmutableArray<ExtraSelect> ExtraSelects, ImmutableArray<PlanOrder> Order) : SpreadKind;
}

/// <param name="Relation">The embed that has the field; null for the table itself.</param>
readonly record struct ExtraSelect(string? Relation, SelectField Field);

/// <summary>A field with what the schema says of it.</summary>
/// <param name="Type">The type in the statement: as declared, or of the form in which a representation takes it; empty when unknown.</param>
/// <param name="BaseType">The type below all domains.</param>
/// <param name="ToJson">Whether a JSON path must make JSON of it first.</param>
/// <param name="ToTsVector">Whether a search must make a document of it first.</param>
/// <param name="Transform">The function of a representation.</param>
/// <param name="IsWholeRow">The row itself, which <c>count</c> takes in a spread.</param>
sealed record PlanField(
    string Name,
    ImmutableArray<JsonStep> Path,
    string Type = "",
    string BaseType = "",
    bool ToJson = false,
    bool ToTsVector = false,
    string? Language = null,
    string? Transform = null,
    string? Default = null,
    bool IsWholeRow = false)
{
    internal static PlanField Star { get; } = new("*", []);
}

/// <summary>An item that a statement selects.</summary>
sealed record SelectField(
    PlanField Field, Aggregate? Aggregate = null, string? AggregateCast = null, string? Cast = null, string? Alias = null)
{
    internal string ResultName => Alias ?? Field.Name;
}

/// <summary>A condition with its fields resolved.</summary>
abstract record PlanLogic
{
    PlanLogic() { } // Closed: only the cases below.

    internal sealed record Leaf(PlanField Field, bool Negated, Operation Operation) : PlanLogic;

    /// <summary>Whether an embed found nothing; negated: found something.</summary>
    internal sealed record NullEmbed(bool Negated, string AggregateAlias) : PlanLogic;

    internal sealed record Branch(bool Negated, LogicOperator Operator, ImmutableArray<PlanLogic> Terms) : PlanLogic;

    /// <summary>All fields of the condition that are the table's own.</summary>
    internal IEnumerable<string> FieldNames => this switch
    {
        Leaf leaf => [leaf.Field.Name],
        Branch branch => branch.Terms.SelectMany(term => term.FieldNames),
        _ => [],
    };
}

/// <param name="Relation">The embed that has the field; null for the table itself.</param>
sealed record PlanOrder(string? Relation, PlanField Field, OrderDirection? Direction, NullsOrder? Nulls);

/// <summary>What the parent's statement takes from an embed.</summary>
abstract record EmbedSelect(string AggregateAlias)
{
    /// <param name="IsEmpty">Nothing was selected: the embed only filters.</param>
    internal sealed record Json(string Name, string AggregateAlias, bool IsObject, bool IsEmpty) : EmbedSelect(AggregateAlias);

    internal sealed record Spread(string AggregateAlias, ImmutableArray<SpreadField> Fields) : EmbedSelect(AggregateAlias);
}

/// <summary>A column that a spread embed gives to its parent.</summary>
sealed record SpreadField(string Name, Aggregate? Aggregate = null, string? AggregateCast = null, string? Alias = null);
