using System.Collections.Immutable;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Plan;

/// <summary>What is to be done, with everything found in the schema.</summary>
abstract record ActionPlan
{
    /// <summary>A plan that becomes one statement.</summary>
    internal abstract record Statement(ReadPlan Rows, MediaHandler Handler, MediaType MediaType, bool ReadOnly) : ActionPlan;

    internal sealed record Read(ReadPlan Rows, bool HeadersOnly, QualifiedName Table, MediaHandler Handler, MediaType MediaType)
        : Statement(Rows, Handler, MediaType, ReadOnly: true);

    internal sealed record Mutate(
        ReadPlan Rows, MutatePlan Write, Mutation Mutation, QualifiedName Table, MediaHandler Handler, MediaType MediaType)
        : Statement(Rows, Handler, MediaType, ReadOnly: false);

    internal sealed record Call(
        ReadPlan Rows, CallPlan Invocation, Routine Routine, bool HeadersOnly, bool IsReadOnly, MediaHandler Handler, MediaType MediaType)
        : Statement(Rows, Handler, MediaType, IsReadOnly);

    /// <summary>The OpenAPI document of a schema.</summary>
    internal sealed record Inspect(string Schema, bool HeadersOnly) : ActionPlan;

    /// <summary>An answer that needs no database: which methods there are.</summary>
    internal sealed record Describe(string Allow) : ActionPlan;
}

/// <summary>INSERT, UPDATE or DELETE.</summary>
/// <param name="Returning">Columns that come back; none when nobody wants them.</param>
abstract record MutatePlan(QualifiedName Table, ImmutableArray<string> Returning)
{
    /// <param name="Conflict">What to do with rows that are there already, and which columns tell; null is an error then.</param>
    /// <param name="PutFilters">The key in the URL of a PUT, which the body must repeat.</param>
    internal sealed record Insert(
        QualifiedName Table,
        ImmutableArray<PlanField> Columns,
        Payload.Json Body,
        Resolution? Conflict,
        ImmutableArray<string> ConflictColumns,
        ImmutableArray<PlanLogic> PutFilters,
        ImmutableArray<string> PrimaryKey,
        bool AppliesDefaults,
        ImmutableArray<string> Returning) : MutatePlan(Table, Returning)
    {
        internal bool Merges => Conflict == Resolution.MergeDuplicates;
    }

    internal sealed record Update(
        QualifiedName Table,
        ImmutableArray<PlanField> Columns,
        Payload.Json Body,
        ImmutableArray<PlanLogic> Where,
        bool AppliesDefaults,
        ImmutableArray<string> Returning) : MutatePlan(Table, Returning);

    internal sealed record Delete(QualifiedName Table, ImmutableArray<PlanLogic> Where, ImmutableArray<string> Returning)
        : MutatePlan(Table, Returning);
}

/// <summary>A call of a function.</summary>
/// <param name="Columns">Columns of the result that are selected, filtered or needed by embeds; empty for all.</param>
sealed record CallPlan(Routine Routine, CallArguments Arguments, ImmutableArray<string> Columns, ImmutableArray<string> FilterColumns);

/// <summary>Where the arguments of a call come from.</summary>
abstract record CallArguments
{
    CallArguments() { } // Closed: only the cases below.

    /// <summary>The whole body, or the arguments as JSON, as the only parameter, which has no name.</summary>
    internal sealed record Single(RoutineParameter Parameter, ReadOnlyMemory<byte>? Body) : CallArguments;

    /// <summary>Texts from the query string or a form; a variadic parameter has several.</summary>
    internal sealed record Texts(ImmutableArray<(RoutineParameter Parameter, ImmutableArray<string> Values)> Values) : CallArguments;

    /// <summary>The keys of the body.</summary>
    internal sealed record Keys(ImmutableArray<RoutineParameter> Parameters, Payload.Json Body) : CallArguments;
}
