using System.Collections.Immutable;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Request;

enum Mutation
{
    Insert,
    Update,
    SingleUpsert,
    Delete,
}

/// <summary>What the method does to the resource.</summary>
abstract record RequestAction
{
    RequestAction() { } // Closed: only the cases below.

    internal sealed record Read(QualifiedName Table, bool HeadersOnly) : RequestAction;

    internal sealed record Mutate(QualifiedName Table, Mutation Mutation) : RequestAction;

    /// <param name="IsPost">With a body, and not with arguments in the query string.</param>
    internal sealed record Call(QualifiedName Function, bool IsPost, bool HeadersOnly) : RequestAction;

    /// <summary>GET of the root: the OpenAPI document.</summary>
    internal sealed record Inspect(string Schema, bool HeadersOnly) : RequestAction;

    /// <summary>OPTIONS of a table, a function, or the root.</summary>
    internal sealed record Describe(QualifiedName? Table, QualifiedName? Function) : RequestAction;
}

/// <summary>What somebody wants, read from HTTP alone: whether it can be had, the planner finds out.</summary>
/// <param name="Path">Without the prefix of the family, as it came.</param>
/// <param name="NegotiatedSchema">Whether the answer names the schema: one was asked for, or there are several.</param>
/// <param name="TopRange">The rows wanted at the top, from parameters and header.</param>
/// <param name="Columns">Columns of the body, sorted: from <c>columns=</c> or the body's own keys.</param>
/// <param name="Accept">By preference.</param>
sealed record ApiRequest(
    RequestAction Action,
    string Method,
    string Path,
    string Schema,
    bool NegotiatedSchema,
    QueryParameters Query,
    RowRange TopRange,
    Payload? Payload,
    ImmutableArray<string> Columns,
    Preferences Preferences,
    ImmutableArray<MediaType> Accept,
    MediaType ContentType)
{
    internal bool IsMutation => Action is RequestAction.Mutate;
}
