using System.CommandLine;
using Evolv.Platform.Schema;

namespace Evolv.Platform.Cli;

/// <summary>gen types: the types of the database on standard output, as <c>supabase gen types typescript --local &gt; file</c>.</summary>
static class GenCommand
{
    const string Language = "typescript";

    internal static Command Create(ServerBuilder build)
    {
        var language = new Argument<string>("language") { Description = Language, DefaultValueFactory = _ => Language };
        language.AcceptOnlyFromAmong(Language);
        var lang = new Option<string?>("--lang") { Description = "The same as the language" };
        lang.AcceptOnlyFromAmong(Language);
        var schemas = new Option<string?>("--schema", "-s") { Description = "Schemas, separated by commas (default: those that /rest/v1 exposes)" };
        var address = new Option<string?>("--db-url") { Description = "Another database than this installation's" };
        var local = new Option<bool>("--local") { Description = "This installation's database; it is the default" };
        var types = new Command("types", "Print the Database type for createClient<Database>().\nExample: ./evolv gen types typescript --schema public > database.types.ts")
        {
            language, lang, schemas, address, local, EvolvCommand.Data,
        };
        types.SetAction((parsed, cancellationToken) => RunAsync(
            build(EvolvCommand.Settings(
                (nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data)),
                ("Database:ConnectionString", parsed.GetValue(address)),
                (nameof(ServerOptions.Migrate), parsed.GetValue(address) is null ? null : "false"))),
            parsed.GetValue(schemas), cancellationToken));
        return new Command("gen", "Generate code from the database.\nExample: ./evolv gen types typescript > database.types.ts") { types };
    }

    static async Task<int> RunAsync(WebApplication app, string? schemas, CancellationToken cancellationToken)
    {
        await using var access = await OwnerAccess.OpenAsync(app, cancellationToken);
        var names = (schemas ?? app.Configuration["Rest:DbSchemas"] ?? TypeScriptTypes.DefaultSchema)
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0)
            throw new SetupException("--schema names no schema; write it as --schema public,api.");
        Console.Write(await TypeScriptTypes.WriteAsync(access.Connection, names, cancellationToken));
        return 0;
    }
}
