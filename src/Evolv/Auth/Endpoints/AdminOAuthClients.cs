using Evolv.Auth.Flows;
using Evolv.Auth.OAuthServer;
using Evolv.Platform.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Evolv.Auth.Endpoints;

/// <summary>/auth/v1/admin/oauth/clients: the tools that people may sign in to, for administrators.</summary>
static class AdminOAuthClients
{
    internal sealed record ListResponse(IReadOnlyList<ClientResponse> Clients);

    internal static async Task<IResult> CreateAsync(
        HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        Admin.RequireAdmin(context);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.ClientRequest, cancellationToken);
        return TypedResults.Json(
            await ClientRegistration.CreateAsync(database, request, OAuthClient.Manual, time.GetUtcNow(), cancellationToken),
            AuthJson.Default.ClientResponse, statusCode: StatusCodes.Status201Created);
    }

    internal static async Task<IResult> ListAsync(HttpContext context, Database database, CancellationToken cancellationToken)
    {
        Admin.RequireAdmin(context);
        var paging = Paging.Read(context.Request);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var total = await db.QuerySingleAsync($"select count(*) from auth.oauth_clients", row => row.GetInt64(0), cancellationToken);
        var clients = await db.QueryListAsync(
            $"""
            select {OAuthClient.Columns}
            from auth.oauth_clients c
            order by c.created_at desc, c.id desc
            limit {paging.PerPage} offset {paging.Offset}
            """, row => ClientResponse.Of(OAuthClient.Read(row)), cancellationToken);
        paging.WriteHeaders(context, total);
        return TypedResults.Json(new ListResponse(clients), AuthJson.Default.OAuthClientList);
    }

    internal static async Task<IResult> GetAsync(
        string clientId, HttpContext context, Database database, CancellationToken cancellationToken)
        => Answer(await RequireAsync(clientId, context, database, cancellationToken));

    internal static async Task<IResult> UpdateAsync(
        string clientId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var client = await RequireAsync(clientId, context, database, cancellationToken);
        var request = await AuthBody.ReadAsync(context.Request, AuthJson.Default.ClientRequest, cancellationToken);
        return Answer(await ClientRegistration.UpdateAsync(database, client, request, time.GetUtcNow(), cancellationToken));
    }

    /// <summary>Ends what people granted it, too. GoTrue only hides the client, and its tokens go on.</summary>
    internal static async Task<IResult> DeleteAsync(
        string clientId, HttpContext context, Database database, CancellationToken cancellationToken)
    {
        var client = await RequireAsync(clientId, context, database, cancellationToken);
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        // Its row comes last: who holds one of the others may wait for it, and must not wait in vain.
        await db.ExecuteAsync($"delete from auth.sessions where oauth_client_id = {client.Id}", cancellationToken);
        await db.ExecuteAsync($"delete from auth.oauth_authorizations where client_id = {client.Id}", cancellationToken);
        if (await db.ExecuteAsync($"delete from auth.oauth_clients where id = {client.Id}", cancellationToken) == 0)
            throw AuthError.OAuthClientNotFound();
        await db.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>The old secret is good for nothing from now on; sessions go on.</summary>
    internal static async Task<IResult> RegenerateSecretAsync(
        string clientId, HttpContext context, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var client = await RequireAsync(clientId, context, database, cancellationToken);
        if (client.IsPublic)
            throw AuthError.Invalid("Cannot regenerate secret for public client");
        var secret = OAuthClient.NewSecret();
        var updated = await database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            update auth.oauth_clients c
            set client_secret_hash = {Secret.Hash(secret)}, updated_at = {time.GetUtcNow()}
            where c.id = {client.Id}
            returning {OAuthClient.Columns}
            """, OAuthClient.Read, cancellationToken) ?? throw AuthError.OAuthClientNotFound();
        return Answer(updated, secret);
    }

    static JsonHttpResult<ClientResponse> Answer(OAuthClient client, string? secret = null)
        => TypedResults.Json(ClientResponse.Of(client, secret), AuthJson.Default.ClientResponse);

    static async Task<OAuthClient> RequireAsync(string clientId, HttpContext context, Database database, CancellationToken cancellationToken)
    {
        Admin.RequireAdmin(context);
        if (!Guid.TryParseExact(clientId, "D", out var id))
            throw AuthError.Invalid("invalid client_id format");
        return await OAuthClient.FindAsync(database, id, cancellationToken) ?? throw AuthError.OAuthClientNotFound();
    }
}
