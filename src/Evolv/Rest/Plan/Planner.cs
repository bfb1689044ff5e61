using System.Collections.Immutable;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Plan;

/// <summary>Intent + schema → plan. Pure: the same two give the same plan.</summary>
static class Planner
{
    /// <exception cref="RestError">What the request names is not there, or means several things.</exception>
    internal static ActionPlan Plan(ApiRequest request, RestSnapshot snapshot) => request.Action switch
    {
        RequestAction.Read read => PlanRead(read, request, snapshot),
        RequestAction.Mutate mutate => PlanMutation(mutate, request, snapshot),
        RequestAction.Call call => PlanCall(call, request, snapshot),
        RequestAction.Inspect inspect
            => request.Accept.Any(accepted => accepted == MediaType.OpenApi || accepted == MediaType.Json || accepted == MediaType.Any)
            ? new ActionPlan.Inspect(inspect.Schema, inspect.HeadersOnly)
            : throw RestError.NotAcceptable(request.Accept.Select(accepted => accepted.Mime)),
        RequestAction.Describe describe => PlanDescription(describe, request, snapshot),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    static ActionPlan.Read PlanRead(RequestAction.Read action, ApiRequest request, RestSnapshot snapshot)
    {
        var table = FindTable(action.Table, snapshot);
        var rows = new ReadPlanner(snapshot, request).Plan(table.Name);
        var handler = Negotiation.Negotiate(request, snapshot, table.Name, SelectsWholeRow(rows));
        RefuseInvalidPreferences(request);
        return new(rows, action.HeadersOnly, table.Name, handler.Handler, handler.MediaType);
    }

    static ActionPlan.Mutate PlanMutation(RequestAction.Mutate action, ApiRequest request, RestSnapshot snapshot)
    {
        var table = FindTable(action.Table, snapshot);
        var rows = new ReadPlanner(snapshot, request).Plan(table.Name);
        var write = MutatePlanner.Plan(action.Mutation, table, request, snapshot.Schema!, rows);
        RefuseInvalidPreferences(request);
        var handler = Negotiation.Negotiate(request, snapshot, table.Name, SelectsWholeRow(rows));
        return new(rows, write, action.Mutation, table.Name, handler.Handler, handler.MediaType);
    }

    static ActionPlan.Call PlanCall(RequestAction.Call action, ApiRequest request, RestSnapshot snapshot)
    {
        var names = CallPlanner.ArgumentNames(request, action.IsPost);
        var routine = CallPlanner.Find(action.Function, names, request, action.IsPost, snapshot.Schema!);
        // A function that returns a table's rows embeds as the table does.
        var result = new QualifiedName(routine.Name.Schema, routine.TableName ?? routine.Name.Name);
        var rows = new ReadPlanner(snapshot, request).Plan(result);
        var invocation = CallPlanner.Plan(routine, names, request, rows);
        var handler = Negotiation.Negotiate(request, snapshot, result, SelectsWholeRow(rows));
        RefuseInvalidPreferences(request);
        if (request.Preferences is { IsStrict: true, MaxAffected: not null } && routine.ReturnsSingle)
            throw RestError.MaxAffectedOnSingle();
        var readOnly = !action.IsPost || routine.Volatility != Volatility.Volatile;
        return new(rows, invocation, routine, action.HeadersOnly, readOnly, handler.Handler, handler.MediaType);
    }

    static ActionPlan.Describe PlanDescription(RequestAction.Describe action, ApiRequest request, RestSnapshot snapshot)
    {
        if (action.Table is { } name)
        {
            var table = FindTable(name, snapshot);
            return new(string.Join(',', new[]
            {
                "OPTIONS,GET,HEAD",
                table.Insertable ? "POST" : null,
                table is { Insertable: true, Updatable: true, PrimaryKey.IsEmpty: false } ? "PUT" : null,
                table.Updatable ? "PATCH" : null,
                table.Deletable ? "DELETE" : null,
            }.OfType<string>()));
        }

        if (action.Function is not { } function)
            return new("OPTIONS,GET,HEAD");
        var routine = PlanCall(new RequestAction.Call(function, IsPost: false, HeadersOnly: false), request, snapshot).Routine;
        return new(routine.Volatility == Volatility.Volatile ? "OPTIONS,POST" : "OPTIONS,GET,HEAD,POST");
    }

    static Table FindTable(QualifiedName name, RestSnapshot snapshot)
        => snapshot.Schema!.Tables.GetValueOrDefault(name) ?? throw Hints.NoTable(snapshot.Schema, name);

    static bool SelectsWholeRow(ReadPlan rows) => rows is { Select: [{ Field.Name: "*" }], Embeds.IsEmpty: true };

    static void RefuseInvalidPreferences(ApiRequest request)
    {
        if (request.Preferences is { IsStrict: true, Invalid: { IsEmpty: false } invalid })
            throw RestError.InvalidPreferences(invalid);
    }
}
