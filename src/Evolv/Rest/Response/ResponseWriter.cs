using Evolv.Rest.Plan;
using Evolv.Rest.Request;

namespace Evolv.Rest.Response;

/// <summary>Result → status and headers. The body follows: JSON that PostgreSQL made, copied as bytes.</summary>
sealed class ResponseWriter(HttpResponse response, ApiRequest request, ActionPlan action)
{
    // What a long list of ids would make of this header, clients refuse: Node's fetch takes 16 KB of headers in all.
    const int LongestLocation = 4096;

    /// <summary>Sets status and headers.</summary>
    /// <param name="bodyLength">Bytes that the statement made.</param>
    /// <returns>Whether these bytes are sent.</returns>
    /// <exception cref="RestError">PGRST103 for an offset beyond the end; PGRST111 and 112.</exception>
    internal bool Begin(ActionPlan.Statement plan, ResultSet result, long bodyLength)
    {
        var hasBody = plan switch
        {
            ActionPlan.Read read => BeginRead(read, result, bodyLength),
            ActionPlan.Call call => BeginCall(call, result, bodyLength),
            ActionPlan.Mutate { Mutation: Mutation.Insert } insert => BeginInsert(insert, result, bodyLength),
            ActionPlan.Mutate mutate => BeginChange(mutate, result, bodyLength),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (ResponseHeaders.AllowsBody(response.StatusCode))
            return hasBody;
        response.ContentLength = null;
        return false;
    }

    /// <summary>An answer to OPTIONS.</summary>
    internal void WriteAllow(string methods)
    {
        Finish(200, null, null);
        response.Headers.Allow = methods;
        // For a page of another origin it was decided before.
        if (response.HttpContext.Request.Headers.Origin.Count == 0)
            response.Headers.AccessControlAllowOrigin = "*";
        response.ContentLength = 0;
    }

    /// <summary>Type, profile and length of a body that is no result set: a plan of PostgreSQL, or the OpenAPI document.</summary>
    internal void BeginOther(MediaType mediaType, long length, bool headersOnly)
    {
        ContentType(mediaType);
        if (!headersOnly)
            response.ContentLength = length;
        Finish(200, null, null);
    }

    bool BeginRead(ActionPlan.Read plan, ResultSet result, long bodyLength)
    {
        var status = Range(result);
        var canonical = request.Query.ToCanonical();
        if (canonical.Length <= LongestLocation)
            response.Headers.ContentLocation = $"/{Uri.EscapeDataString(plan.Table.Name)}{(canonical.Length > 0 ? "?" + canonical : "")}";
        if (!plan.HeadersOnly)
            response.ContentLength = bodyLength;
        ContentType(plan.MediaType);
        Applied(request.Preferences with { Resolution = null, Representation = null, Missing = null, MaxAffected = null });
        Finish(status, result.Headers, result.Status);
        return !plan.HeadersOnly;
    }

    bool BeginCall(ActionPlan.Call plan, ResultSet result, long bodyLength)
    {
        Applied(request.Preferences with { Resolution = null, Representation = null, Missing = null });
        if (plan.Routine.ReturnsVoid)
        {
            var first = request.TopRange.Offset;
            response.Headers.ContentRange = ContentRange.Format(first, first + result.Rows - 1, result.Total);
            Finish(204, result.Headers, result.Status);
            return false;
        }

        var status = Range(result);

        if (!plan.HeadersOnly)
            response.ContentLength = bodyLength;
        ContentType(plan.MediaType);
        Finish(status, result.Headers, result.Status);
        return !plan.HeadersOnly;
    }

    bool BeginInsert(ActionPlan.Mutate plan, ResultSet result, long bodyLength)
    {
        var preferences = request.Preferences;
        var insert = (MutatePlan.Insert)plan.Write;
        if (result.Location.Length > 0)
            response.Headers.Location = $"/{Uri.EscapeDataString(plan.Table.Name)}?{string.Join('&', result.Location.Select(EncodeKey))}";
        response.Headers.ContentRange = ContentRange.Format(1, 0, preferences.Counts ? result.Rows : null);
        var hasTarget = !insert.PrimaryKey.IsEmpty || request.Query.OnConflict is not null;
        Applied(preferences with { Resolution = hasTarget ? preferences.Resolution : null, MaxAffected = null });
        var hasBody = preferences.Representation == Representation.Full;
        response.ContentLength = hasBody ? bodyLength : 0;
        if (hasBody)
            ContentType(plan.MediaType);
        var insertedNothing = insert.Merges && result.Inserted is null or <= 0 && preferences.Resolution == Resolution.MergeDuplicates;
        Finish(insertedNothing ? 200 : 201, result.Headers, result.Status);
        return hasBody;
    }

    /// <summary>PATCH, PUT and DELETE.</summary>
    bool BeginChange(ActionPlan.Mutate plan, ResultSet result, long bodyLength)
    {
        var preferences = request.Preferences;
        long? total = preferences.Counts ? result.Rows : null;
        if (plan.Mutation == Mutation.Update)
            response.Headers.ContentRange = ContentRange.Format(0, result.Rows - 1, total);
        else if (plan.Mutation == Mutation.Delete)
            response.Headers.ContentRange = ContentRange.Format(1, 0, total);
        Applied(preferences with
        {
            Resolution = null,
            Missing = plan.Mutation == Mutation.Update ? preferences.Missing : null,
            MaxAffected = plan.Mutation == Mutation.SingleUpsert ? null : preferences.MaxAffected,
        });
        var hasBody = preferences.Representation == Representation.Full;
        if (hasBody)
        {
            response.ContentLength = bodyLength;
            ContentType(plan.MediaType);
        }

        var isNew = plan.Mutation == Mutation.SingleUpsert && result.Inserted > 0;
        Finish(!hasBody ? 204 : isNew ? 201 : 200, result.Headers, result.Status);
        return hasBody;
    }

    int Range(ResultSet result)
    {
        var first = request.TopRange.Offset;
        var range = ContentRange.Format(first, first + result.Rows - 1, result.Total);
        var status = ContentRange.Status(first, result.Rows, result.Total);
        if (status == 416)
            throw RestError.OutOfBounds(first, result.Total ?? 0).WithHeader("Content-Range", range);
        response.Headers.ContentRange = range;
        return status;
    }

    void ContentType(MediaType mediaType)
    {
        response.ContentType = mediaType.ContentType;
        if (request.NegotiatedSchema)
            response.Headers["Content-Profile"] = Ascii(request.Schema);
    }

    void Applied(Preferences preferences)
    {
        if (preferences.ToApplied() is { Length: > 0 } applied)
            response.Headers["Preference-Applied"] = applied;
    }

    // SQL has the last word.
    void Finish(int status, string? headers, string? statusSetting)
    {
        response.StatusCode = ResponseHeaders.ReadStatus(statusSetting, status);
        response.Headers.Append("Vary", "Accept, Prefer, Range");
        ResponseHeaders.Apply(response, headers);
        if (action is ActionPlan.Statement { Rows: var rows } && WarnOfTargetNames(rows) is { } warning)
            response.Headers.Warning = warning;
    }

    // As PostgREST warns of names that it will not take any more.
    static string? WarnOfTargetNames(ReadPlan rows)
    {
        var named = rows.SelfAndEmbeds().Where(plan => plan.IsNamedByTarget).Select(plan => $"`{plan.Name}` to `{plan.Alias}`").ToArray();
        return named.Length == 0
            ? null
            : "299 Evolv \"Embedded resource was referenced by relation name even though it has an alias. This is deprecated and will stop " +
                $"working in a future release. Update {string.Join(", ", named)} in query string filters, orders or limits.\"";
    }

    static string EncodeKey(string pair)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        return $"{Uri.EscapeDataString(pair[..equals])}={Uri.EscapeDataString(pair[(equals + 1)..])}";
    }

    // Names of tables may have any letters; headers may not.
    static string Ascii(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? text : string.Concat(text.EnumerateRunes().Select(rune
        => rune.Value is >= ' ' and <= '~' ? rune.ToString() : Uri.EscapeDataString(rune.ToString())));
}
