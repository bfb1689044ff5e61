using System.Collections.Immutable;
using Evolv.Rest.Schema;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Evolv.Rest.Request;

/// <summary>
/// HTTP → intent, without a look at the database. The order of the checks is PostgREST's: a request that is wrong in two
/// ways gets the same code.
/// </summary>
static class RequestParser
{
    /// <param name="body">Read as a whole; empty for methods without one.</param>
    internal static ApiRequest Parse(HttpRequest request, ReadOnlyMemory<byte> body, RestSnapshot snapshot)
    {
        var config = snapshot.Config;
        var (path, query) = ReadTarget(request);
        var method = request.Method;
        var resource = ReadResource(path, config);
        var (schema, negotiated) = ReadSchema(request, config);
        var action = ReadAction(resource, schema, method);
        var parameters = QueryParameters.Parse(query, takesArguments: action is RequestAction.Call { IsPost: false });
        RestLimitChecks.Check(parameters, config.Limits);
        var (top, ranges) = ReadRanges(request, parameters);
        parameters = parameters with { Ranges = ranges };
        var contentType = request.ContentType is { Length: > 0 } type ? MediaTypeParser.Parse(type) : MediaType.Json;
        var (payload, columns) = ReadPayload(action, body, contentType, parameters.Columns);

        var accept = request.Headers.Accept;
        return new ApiRequest(
            action, method, path, schema, negotiated, parameters, top, payload, columns,
            Preferences.Parse(request.Headers["Prefer"], config.AllowTxOverride, snapshot.Schema!.TimezoneNames),
            accept.Count > 0 ? MediaTypeParser.ParseAccept(accept.ToString()) : [MediaType.Any],
            contentType);
    }

    // Kestrel's Path leaves %2F alone and decodes the rest: here a table may have any name, so the raw target counts.
    static (string Path, string Query) ReadTarget(HttpRequest request)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var path = mark < 0 ? target : target[..mark];
        if (!path.StartsWith('/') && path.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0)
            path = path.IndexOf('/', scheme + 3) is var slash and > 0 ? path[slash..] : "/";
        // The family's own two segments.
        var second = path.IndexOf('/', 1);
        var third = second < 0 ? -1 : path.IndexOf('/', second + 1);
        return (third < 0 ? "/" : path[third..], mark < 0 ? "" : target[(mark + 1)..]);
    }

    static RequestResource ReadResource(string path, RestConfig config)
    {
        var segments = path[1..].Split('/');
        if (segments is [""])
        {
            if (config.OpenApiMode == OpenApiMode.Disabled)
                throw RestError.OpenApiDisabled();
            return config.RootSpec is { } root ? new(null, root.Name) : new(null, null);
        }

        return segments switch
        {
            [{ Length: > 0 } table] => new(Uri.UnescapeDataString(table), null),
            ["rpc", { Length: > 0 } function] => new(null, Uri.UnescapeDataString(function)),
            _ => throw RestError.InvalidPath(),
        };
    }

    static (string Schema, bool Negotiated) ReadSchema(HttpRequest request, RestConfig config)
    {
        var header = request.Method is "POST" or "PATCH" or "PUT" or "DELETE" ? "Content-Profile" : "Accept-Profile";
        if (request.Headers[header] is not [{ } profile, ..])
            return (config.Schemas[0], config.Schemas.Length > 1);
        return config.Schemas.Contains(profile) ? (profile, true) : throw RestError.UnknownSchema(profile, config.Schemas);
    }

    static RequestAction ReadAction(RequestResource resource, string schema, string method)
    {
        if (resource.Function is { } name)
        {
            var function = new QualifiedName(schema, name);
            return method switch
            {
                "GET" => new RequestAction.Call(function, IsPost: false, HeadersOnly: false),
                "HEAD" => new RequestAction.Call(function, IsPost: false, HeadersOnly: true),
                "POST" => new RequestAction.Call(function, IsPost: true, HeadersOnly: false),
                "OPTIONS" => new RequestAction.Describe(null, function),
                _ => throw RestError.InvalidRpcMethod(method),
            };
        }

        if (resource.Table is null)
        {
            return method switch
            {
                "GET" => new RequestAction.Inspect(schema, HeadersOnly: false),
                "HEAD" => new RequestAction.Inspect(schema, HeadersOnly: true),
                "OPTIONS" => new RequestAction.Describe(null, null),
                _ => throw RestError.UnsupportedMethod(method),
            };
        }

        var table = new QualifiedName(schema, resource.Table);
        return method switch
        {
            "GET" => new RequestAction.Read(table, HeadersOnly: false),
            "HEAD" => new RequestAction.Read(table, HeadersOnly: true),
            "POST" => new RequestAction.Mutate(table, Mutation.Insert),
            "PATCH" => new RequestAction.Mutate(table, Mutation.Update),
            "PUT" => new RequestAction.Mutate(table, Mutation.SingleUpsert),
            "DELETE" => new RequestAction.Mutate(table, Mutation.Delete),
            "OPTIONS" => new RequestAction.Describe(table, null),
            _ => throw RestError.UnsupportedMethod(method),
        };
    }

    static (RowRange Top, ImmutableArray<At<RowRange>> Ranges) ReadRanges(HttpRequest request, QueryParameters query)
    {
        // RFC 9110: the header says nothing for other methods.
        var header = HttpMethods.IsGet(request.Method) ? RowRange.FromHeader(request.Headers[HeaderNames.Range]) : RowRange.All;
        var limit = query.TopRange;
        var top = header.Intersect(limit).UnlessLimitZero(limit);
        if (top.IsEmpty && !limit.IsLimitZero)
            throw header.IsEmpty ? RestError.InvertedRange() : RestError.NegativeLimit();
        if (request.Method == "PUT" && top != RowRange.All)
            throw RestError.PutWithLimit();
        return top == RowRange.All && query.Ranges.IsEmpty ? (top, []) : (top, [new([], top), .. query.Ranges.Where(range => !range.Path.IsEmpty)]);
    }

    static (Payload? Payload, ImmutableArray<string> Columns) ReadPayload(
        RequestAction action, ReadOnlyMemory<byte> body, MediaType contentType, ImmutableArray<string>? listed)
    {
        var isCall = action is RequestAction.Call { IsPost: true };
        if (!isCall && action is not RequestAction.Mutate { Mutation: not Mutation.Delete })
            return (null, []);
        // PUT replaces whole rows.
        var columns = action is RequestAction.Mutate { Mutation: Mutation.SingleUpsert } ? null : listed;
        var payload = Payload.Parse(body, contentType, isCall, columns);
        return payload switch
        {
            Payload.Json json => (json, columns is not null && contentType == MediaType.Json ? columns.Value : json.Keys),
            Payload.Form form => (form, [.. form.Arguments.Select(argument => argument.Key).Distinct().Order(StringComparer.Ordinal)]),
            _ => (payload, []),
        };
    }

    readonly record struct RequestResource(string? Table, string? Function);
}
