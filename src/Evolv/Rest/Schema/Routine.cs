using System.Collections.Immutable;

namespace Evolv.Rest.Schema;

enum Volatility
{
    Volatile,
    Stable,
    Immutable,
}

/// <summary>A function of an exposed schema that can be called.</summary>
/// <param name="HasVariadic">Whether the last parameter takes any number of values.</param>
/// <param name="IsolationLevel">From <c>set default_transaction_isolation</c> of the function.</param>
/// <param name="Settings">The function's <c>SET</c> clauses that must hold for the whole transaction.</param>
sealed record Routine(
    QualifiedName Name,
    string? Description,
    ImmutableArray<RoutineParameter> Parameters,
    ReturnType Returns,
    Volatility Volatility,
    bool HasVariadic,
    string? IsolationLevel,
    ImmutableArray<KeyValuePair<string, string>> Settings)
{
    internal bool ReturnsScalar => Returns is { IsSet: false, IsComposite: false };

    internal bool ReturnsSingle => !Returns.IsSet;

    internal bool ReturnsVoid => Returns is { IsSet: false, IsComposite: false, Type.Name: "void" };

    /// <summary>The table whose rows come back, so that they can embed others; null for scalars.</summary>
    internal string? TableName => Returns.IsComposite ? Returns.Type.Name : null;
}

/// <param name="Name">Empty for a parameter without a name.</param>
/// <param name="Type">As declared.</param>
/// <param name="TypeMaxLength">The type that accepts any length: <c>bit varying</c> for <c>bit</c>.</param>
sealed record RoutineParameter(string Name, string Type, string TypeMaxLength, bool IsRequired, bool IsVariadic);

/// <param name="Type">The type below all domains; the table's name for a composite.</param>
/// <param name="IsComposite">Rows of columns: a composite type, a table, or OUT parameters.</param>
/// <param name="IsCompositeAlias">A domain over a composite type.</param>
sealed record ReturnType(QualifiedName Type, bool IsSet, bool IsComposite, bool IsCompositeAlias);
