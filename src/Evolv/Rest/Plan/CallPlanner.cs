using System.Collections.Immutable;
using System.Text.Json;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Plan;

/// <summary>/rpc/… → which of the functions of that name is called, and with what.</summary>
static class CallPlanner
{
    /// <summary>The names of all arguments: keys of the body, fields of a form, or parameters that are no filters.</summary>
    internal static ImmutableArray<string> ArgumentNames(ApiRequest request, bool isPost)
        => isPost
            ? request.Columns
            : [.. request.Query.Arguments.Select(argument => argument.Key).Distinct().Order(StringComparer.Ordinal)];

    /// <exception cref="RestError">PGRST202 when none fits, PGRST203 when several do.</exception>
    internal static Routine Find(QualifiedName name, ImmutableArray<string> arguments, ApiRequest request, bool isPost, SchemaCache schema)
    {
        var named = new List<Routine>();
        var single = new List<Routine>();
        foreach (var routine in schema.RoutinesNamed(name))
        {
            if (TakesArguments(routine, arguments, request.ContentType, isPost))
                named.Add(routine);
            else if (isPost && TakesBody(routine, request.ContentType))
                single.Add(routine);
        }

        return (named, single) switch
        {
            ([var one], _) => one,
            ([], [var one]) => one,
            ([], []) => throw Hints.NoFunction(schema, name, arguments, request.ContentType, isPost),
            ([], _) => throw Hints.AmbiguousFunction(single),
            _ => throw Hints.AmbiguousFunction(named),
        };
    }

    internal static CallPlan Plan(Routine routine, ImmutableArray<string> arguments, ApiRequest request, ReadPlan read)
        => new(routine, Arguments(routine, arguments, request), MutatePlanner.NeededColumns(read, []),
            [.. read.Where.SelectMany(logic => logic.FieldNames).Distinct()]);

    // All that are required and none that it does not have.
    static bool TakesArguments(Routine routine, ImmutableArray<string> arguments, MediaType contentType, bool isPost)
    {
        if (routine.Parameters.IsEmpty)
            return arguments.IsEmpty && !(isPost && IsRaw(contentType));
        return arguments.All(argument => routine.Parameters.Any(parameter => parameter.Name == argument)) &&
            routine.Parameters.All(parameter => !parameter.IsRequired || arguments.Contains(parameter.Name));
    }

    static bool TakesBody(Routine routine, MediaType contentType)
        => routine.Parameters is [{ Name: "" } parameter] && parameter.Type switch
        {
            "json" or "jsonb" => contentType == MediaType.Json,
            "text" => contentType == MediaType.PlainText,
            "xml" => contentType == MediaType.Xml,
            "bytea" => contentType == MediaType.OctetStream,
            _ => false,
        };

    static bool IsRaw(MediaType contentType)
        => contentType == MediaType.OctetStream || contentType == MediaType.PlainText || contentType == MediaType.Xml;

    static CallArguments Arguments(Routine routine, ImmutableArray<string> names, ApiRequest request)
    {
        var texts = request.Payload switch
        {
            Payload.Form form => form.Arguments,
            null => request.Query.Arguments,
            _ => default,
        };
        if (routine.Parameters is [{ Name: "" } single])
        {
            return new CallArguments.Single(single, request.Payload switch
            {
                Payload.Json json => json.Body,
                Payload.Raw raw => raw.Body,
                _ => JsonSerializer.SerializeToUtf8Bytes(
                    texts.GroupBy(text => text.Key).ToDictionary(group => group.Key, group => group.Last().Value)),
            });
        }

        var parameters = routine.Parameters.Where(parameter => names.Contains(parameter.Name)).ToImmutableArray();
        return request.Payload is Payload.Json body
            ? new CallArguments.Keys(parameters, body)
            : new CallArguments.Texts(
            [
                .. parameters.Select(parameter =>
                {
                    ImmutableArray<string> values = [.. texts.Where(text => text.Key == parameter.Name).Select(text => text.Value)];
                    return (parameter, parameter.IsVariadic ? values : [values[^1]]);
                }),
            ]);
    }
}
