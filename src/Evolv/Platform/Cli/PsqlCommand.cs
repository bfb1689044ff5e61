using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Evolv.Platform.Data;

namespace Evolv.Platform.Cli;

/// <summary>psql: PostgreSQL's own shell on the database, as the owner or as a person under row-level security.</summary>
static class PsqlCommand
{
    internal static Command Create(ServerBuilder build)
    {
        var person = new Option<string?>("--as") { Description = "E-mail of a person: what they may see, and nothing else" };
        var arguments = new Argument<string[]>("arguments") { Description = "Passed on to psql", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("psql", "Open psql on the database.\nExample: ./evolv psql --as ada@example.com -- -c 'select * from posts'")
        {
            person, EvolvCommand.Data, arguments,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            build(EvolvCommand.Settings((nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data)))),
            parsed.GetValue(person), parsed.GetValue(arguments) ?? [], cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(WebApplication app, string? email, string[] arguments, CancellationToken cancellationToken)
    {
        await using var access = await OwnerAccess.OpenAsync(app, cancellationToken);
        var login = access.ConnectionStrings.Owner;
        var start = new ProcessStartInfo("psql", arguments)
        {
            Environment =
            {
                ["PGHOST"] = login.Host,
                ["PGPORT"] = login.Port.ToString(CultureInfo.InvariantCulture),
                ["PGUSER"] = login.Username,
                ["PGPASSWORD"] = login.Password,
                ["PGDATABASE"] = login.Database,
            },
        };
        if (email is not null)
        {
            var claims = (await access.FindPersonAsync(email, cancellationToken)).ClaimsJson;
            start.Environment["PGOPTIONS"] = $"-c role={Caller.AuthenticatedRole} -c request.jwt.claims={claims}";
        }

        Console.CancelKeyPress += (_, pressed) => pressed.Cancel = true; // Ctrl+C is psql's.
        try
        {
            using var psql = Process.Start(start)!;
            await psql.WaitForExitAsync(CancellationToken.None);
            return psql.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new SetupException("psql is not installed; install PostgreSQL's client (Debian: apt-get install postgresql-client), or use DB_URL of ./evolv status with another.");
        }
    }
}
