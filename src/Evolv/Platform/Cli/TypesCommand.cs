using System.CommandLine;
using Evolv.Platform.Data;
using Evolv.Platform.Schema;
using Evolv.Platform.Settings;

namespace Evolv.Platform.Cli;

/// <summary>types: write everything in the project that is generated, from a database that has nothing but the migrations.</summary>
static class TypesCommand
{
    internal static Command Create(ServerBuilder build)
    {
        var command = new Command("types",
            "Write db/schema.sql, test/supabase-js/database.types.ts, docs/configuration.md and docs/errors.md.\nExample: ./evolv types");
        command.SetAction((_, cancellationToken) => RunAsync(build, cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(ServerBuilder build, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("evolv-types-").FullName;
        try
        {
            var app = build(EvolvCommand.Settings((nameof(ServerOptions.Data), folder)));
            await using var installation = app.Services.GetRequiredService<Installation>();
            await installation.StartAsync(cancellationToken);
            await using var owner = await Migrator.OpenOwnerAsync(installation.ConnectionStrings, cancellationToken);
            await WriteAsync("db/schema.sql", await SchemaSnapshot.WriteAsync(owner, cancellationToken), cancellationToken);
            await WriteAsync("test/supabase-js/database.types.ts", await TypeScriptTypes.WriteAsync(owner, [TypeScriptTypes.DefaultSchema], cancellationToken), cancellationToken);
            await WriteAsync("docs/configuration.md", Configuration(app.Services), cancellationToken);
            await WriteAsync("docs/errors.md", Errors(app.Services), cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    internal static string Configuration(IServiceProvider services)
        => SettingsCatalog.ToMarkdown(SettingsCatalog.Read(services.GetServices<SettingsSection>()));

    internal static string Errors(IServiceProvider services) => ErrorCatalog.ToMarkdown(services.GetServices<ErrorFamily>());

    static async Task WriteAsync(string file, string text, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(Path.Combine(SettingsExtensions.HomeFolder, file), text, cancellationToken);
        Console.WriteLine(file);
    }
}
