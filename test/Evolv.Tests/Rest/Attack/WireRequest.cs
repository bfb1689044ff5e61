using System.Globalization;
using System.Text;
using Evolv.Platform.Data;
using Evolv.Rest;
using Evolv.Rest.Plan;
using Evolv.Rest.Query;
using Evolv.Rest.Request;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Evolv.Tests.Rest.Attack;

/// <summary>A request as bytes, for those that no honest client would send.</summary>
/// <param name="Target">Below /rest/v1, as it stands on the wire: <c>/notes?id=eq.1</c>.</param>
sealed record WireRequest(string Method, string Target, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    internal WireRequest(string method, string target, string? body = null, params (string Name, string Value)[] headers)
        : this(method, target, [.. headers.Select(header => KeyValuePair.Create(header.Name, header.Value))], Encoding.UTF8.GetBytes(body ?? ""))
    {
    }

    internal byte[] ToBytes()
    {
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Method} /rest/v1{Target} HTTP/1.1\r\nHost: x\r\n");
        foreach (var (name, value) in Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (Body.Length > 0)
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        return [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. Body];
    }

    /// <summary>All of the server that does no I/O: the statement's SQL, or null where the answer needs none.</summary>
    /// <exception cref="RestError">The request is refused.</exception>
    internal SqlWriter? ToSql(RestSnapshot snapshot)
    {
        var context = new DefaultHttpContext();
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = $"/rest/v1{Target}";
        context.Request.Method = Method;
        foreach (var (name, value) in Headers)
            context.Request.Headers.Append(name, value);
        var request = RequestParser.Parse(context.Request, Body, snapshot);
        var plan = Planner.Plan(request, snapshot);
        var session = SessionSettings.From(context.Request, request, plan, Caller.Anonymous, snapshot.Config).Become(Caller.Anonymous).CommandText;
        Assert.Matches(@"^select (set_config\('[\w.]+', (\$\d+|'on'), true\)(, )?)+$", session);
        if (plan is ActionPlan.Read { Rows: var rows } && request.Preferences.Estimates)
            Vocabulary.Of(snapshot).AssertKnown(Statements.Estimate(rows).ToString());
        return plan is ActionPlan.Statement statement ? Statements.Write(statement, request, snapshot.Config) : null;
    }

    public override string ToString()
        => $"{Method} {Target}\n{string.Join('\n', Headers.Select(header => $"{header.Key}: {header.Value}"))}\n{Encoding.UTF8.GetString(Body)}";
}
