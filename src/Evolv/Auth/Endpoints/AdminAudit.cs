using System.Text.Json;
using Evolv.Platform.Data;

namespace Evolv.Auth.Endpoints;

/// <summary>GET /auth/v1/admin/audit: what happened to accounts, the newest first; <c>?query=author:ada</c> and the like narrow it down.</summary>
static class AdminAudit
{
    internal sealed record Entry(Guid Id, JsonElement Payload, DateTime CreatedAt, string IpAddress);

    internal static async Task<IResult> HandleAsync(HttpContext context, Database database, CancellationToken cancellationToken)
    {
        Admin.RequireAdmin(context);
        var paging = Paging.Read(context.Request);
        var query = context.Request.Query["query"].ToString();
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var total = await db.QuerySingleAsync(
            $"select count(*) from auth.audit_log_entries e where {Matches(query)}", row => row.GetInt64(0), cancellationToken);
        var entries = await db.QueryListAsync(
            $"""
            select e.id, e.payload::text, e.created_at, e.ip_address
            from auth.audit_log_entries e
            where {Matches(query)}
            order by e.created_at desc, e.id desc
            limit {paging.PerPage} offset {paging.Offset}
            """,
            row => new Entry(row.GetGuid(0), JsonElement.Parse(row.GetString(1)), row.GetDateTime(2), row.GetString(3)), cancellationToken);
        paging.WriteHeaders(context, total);
        return TypedResults.Json(entries, AuthJson.Default.AdminAuditEntries);
    }

    static Sql Matches(string query)
    {
        if (query.Length == 0)
            return $"true";
        return query.Split(':', 2) switch
        {
            ["author", var text] => $"""
                (strpos(lower(e.payload ->> 'actor_username'), lower({text})) > 0 or strpos(lower(e.payload ->> 'actor_name'), lower({text})) > 0)
                """,
            ["action", var text] => $"strpos(lower(e.payload ->> 'action'), lower({text})) > 0",
            ["type", var text] => $"strpos(lower(e.payload ->> 'log_type'), lower({text})) > 0",
            _ => throw AuthError.Invalid($"Invalid query scope: {query}"),
        };
    }
}
