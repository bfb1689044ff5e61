using System.CommandLine;
using System.Globalization;
using Evolv.Auth.Tokens;
using Evolv.Platform;
using Evolv.Platform.Cli;
using Npgsql;

namespace Evolv.Auth;

/// <summary>keys list, rotate, revoke and create: what signs access tokens, and the keys of apps. Running servers follow within a second.</summary>
static class KeysCommand
{
    // As long as others may keep the published keys (Jwks.cs says so to them).
    static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    internal static Command Create(ServerBuilder build)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var show = new Option<bool>("--show") { Description = "Print API keys in full" };
        var force = new Option<bool>("--force") { Description = "Even the last of its kind; the next start makes another" };
        var which = new Argument<string>("key") { Description = "The kid of a signing key; the id, the name or the value of an API key" };
        var kind = new Argument<string>("kind") { Description = "publishable (for apps: role anon) or secret (for back ends: role service_role)" };
        kind.AcceptOnlyFromAmong(ApiKey.Publishable, ApiKey.Secret);
        var name = new Option<string?>("--name") { Description = "What to call it" };

        var list = new Command("list", "Print all keys; of signing keys never the private half.\nExample: ./evolv keys list --show") { json, show, EvolvCommand.Data };
        list.SetAction((parsed, token) => RunAsync(build, parsed,
            owner => ListAsync(owner, parsed.GetValue(json), parsed.GetValue(show), token), token));

        var rotate = new Command("rotate", "Sign with the standby key from now on. Tokens of the old one are good until they expire.\nExample: ./evolv keys rotate") { EvolvCommand.Data };
        rotate.SetAction((parsed, token) => RunAsync(build, parsed, owner => RotateAsync(owner, token), token));

        var revoke = new Command("revoke", "End a key: everybody whose token it signed, or every app that has it.\nExample: ./evolv keys revoke sb_secret_…") { which, force, EvolvCommand.Data };
        revoke.SetAction((parsed, token) => RunAsync(build, parsed,
            owner => RevokeAsync(owner, parsed.GetValue(which)!, parsed.GetValue(force), token), token));

        var create = new Command("create", "Make another API key and print it.\nExample: ./evolv keys create secret --name ci") { kind, name, EvolvCommand.Data };
        create.SetAction((parsed, token) => RunAsync(build, parsed,
            owner => CreateAsync(owner, parsed.GetValue(kind)!, parsed.GetValue(name), token), token));

        return new Command("keys", "Look at, rotate and revoke keys.\nExample: ./evolv keys list") { list, rotate, revoke, create };
    }

    static async Task<int> RunAsync(
        ServerBuilder build, ParseResult parsed, Func<NpgsqlConnection, Task> run, CancellationToken cancellationToken)
    {
        var app = build(EvolvCommand.Settings((nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data))));
        await using var access = await OwnerAccess.OpenAsync(app, cancellationToken);
        await using var transaction = await access.Connection.BeginTransactionAsync(cancellationToken);
        await KeyStore.LockAsync(access.Connection, cancellationToken);
        await run(access.Connection);
        await transaction.CommitAsync(cancellationToken);
        return 0;
    }

    static async Task ListAsync(NpgsqlConnection owner, bool asJson, bool show, CancellationToken cancellationToken)
    {
        var report = new KeysReport(
            await KeyStore.ReadSigningAsync(owner, cancellationToken), await KeyStore.ReadApiKeysAsync(owner, cancellationToken), show);
        Console.WriteLine(asJson ? report.ToJson() : report.ToText());
    }

    static async Task RotateAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        var old = await KeyStore.RotateAsync(owner, KeyStatus.PreviouslyUsed, cancellationToken);
        var keys = await KeyStore.ReadSigningAsync(owner, cancellationToken);
        var inUse = Find(keys, KeyStatus.InUse);
        Console.WriteLine($"{inUse.Kid} signs from now on, {Find(keys, KeyStatus.Standby).Kid} is on standby.");
        Console.WriteLine($"Tokens of {old.Kid} are good until they expire; ./evolv keys revoke {old.Kid} ends them at once.");
        if (TimeProvider.System.GetUtcNow() - inUse.CreatedAt < Kept)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{inUse.Kid} is news: who keeps the published keys may refuse its tokens until {inUse.CreatedAt + Kept:HH:mm} UTC. Evolv's own servers know it."));
        }
    }

    static async Task RevokeAsync(NpgsqlConnection owner, string which, bool force, CancellationToken cancellationToken)
    {
        var signing = (await KeyStore.ReadSigningAsync(owner, cancellationToken)).Find(key => key.Kid == which);
        if (signing is not null)
        {
            RequireUnrevoked(signing.Status == KeyStatus.Revoked, which);
            await KeyStore.RevokeSigningAsync(owner, signing, cancellationToken);
            var inUse = Find(await KeyStore.ReadSigningAsync(owner, cancellationToken), KeyStatus.InUse);
            Console.WriteLine($"{signing.Kid} is revoked and its tokens with it; {inUse.Kid} signs.");
            return;
        }

        var all = await KeyStore.ReadApiKeysAsync(owner, cancellationToken);
        var found = FindApiKey(all, which);
        RequireUnrevoked(found.IsRevoked, KeysReport.Mask(which));
        if (!force && all.Count(key => !key.IsRevoked && (key.Key.Kind, key.Key.Role) == (found.Key.Kind, found.Key.Role)) == 1)
        {
            throw new SetupException(
                $"{found.Name} is the last {found.Key.Kind} key for {found.Key.Role}; make another first" +
                $"{(found.Key.Kind == ApiKey.LegacyJwt ? "" : $" (./evolv keys create {found.Key.Kind})")}, or say --force.");
        }

        await KeyStore.RevokeApiKeyAsync(owner, found, cancellationToken);
        Console.WriteLine($"{found.Key.Kind} key {found.Name} ({KeysReport.Mask(found.Key.Value)}) is revoked.");
    }

    static async Task CreateAsync(NpgsqlConnection owner, string kind, string? name, CancellationToken cancellationToken)
    {
        if (name is not null && (name.Trim().Length is 0 or > 100 || name.Any(char.IsControl)))
            throw new SetupException("--name is wrong: it needs 1 to 100 visible characters.");
        try
        {
            Console.WriteLine((await KeyStore.CreateApiKeyAsync(owner, kind, name, cancellationToken)).Key.Value);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new SetupException($"There is a {kind} key {name} already, or was; choose another name.");
        }
    }

    static StoredApiKey FindApiKey(List<StoredApiKey> keys, string which)
    {
        var isId = Guid.TryParse(which, out var id);
        var found = keys.FindAll(key => isId && key.Id == id || key.Key.Value == which);
        if (found.Count == 0)
            found = keys.FindAll(key => key.Name == which);
        // Who revokes by name means one that works.
        if (found.Count > 1 && found.FindAll(key => !key.IsRevoked) is { Count: > 0 } working)
            found = working;
        return found switch
        {
            [var one] => one,
            [] => throw new SetupException($"There is no key {KeysReport.Mask(which)}; ./evolv keys list prints them."),
            _ => throw new SetupException(
                $"{which} is the name of {found.Count.ToString(CultureInfo.InvariantCulture)} keys; name one by its id: {string.Join(", ", found.Select(key => $"{key.Id} ({key.Key.Kind} {key.Key.Role})"))}."),
        };
    }

    static StoredKey Find(List<StoredKey> keys, string status) => keys.First(key => key.Status == status);

    static void RequireUnrevoked(bool isRevoked, string which)
    {
        if (isRevoked)
            throw new SetupException($"{which} is revoked already.");
    }
}
