using System.Text;
using Npgsql;

namespace Evolv.Tests.Authority;

/// <summary>
/// Executes every cell of <c>matrix.txt</c> and compares. To change the file on purpose, run the tests with
/// <c>EVOLV_WRITE_MATRIX=1</c> and read the diff as what it is: a change of who may do what.
/// </summary>
public sealed class MatrixTests(AuthorityWorld world) : IClassFixture<AuthorityWorld>
{
    const int NameWidth = 31;

    static readonly SemaphoreSlim Writing = new(1);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everybody_may_do_what_the_matrix_says()
    {
        var tables = await ColumnAsync(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f') order by 1");
        Assert.Equal(tables, world.Attempts.Keys.Order(StringComparer.Ordinal));

        var actual = new StringBuilder();
        actual.AppendLine($"{"",-NameWidth} {string.Join(' ', world.Actors.Select(actor => $"{actor.Name,-7}"))}".TrimEnd());
        foreach (var table in tables)
        {
            var attempt = world.Attempts[table];
            var cells = new List<string>();
            foreach (var (_, me, caller) in world.Actors)
            {
                var cell = new StringBuilder();
                cell.Append(Cell('s', await world.TryAsync(caller, attempt.Select)));
                cell.Append(Cell('i', await world.TryAsync(caller, attempt.Insert(me))));
                cell.Append(attempt.IsPersonal ? Cell('f', await world.TryAsync(caller, attempt.InsertForSomebody)) : '_');
                cell.Append(Cell('u', await world.TryAsync(caller, attempt.Update)));
                cell.Append(Cell('d', await world.TryAsync(caller, attempt.Delete)));
                cells.Add($"{cell,-7}");
            }

            actual.AppendLine($"{table,-NameWidth} {string.Join(' ', cells)}".TrimEnd());
        }

        await AssertSectionAsync("rows", actual.ToString());
    }

    [Fact]
    public async Task Signed_in_people_write_only_the_columns_that_the_list_names()
    {
        var people = world.Actors.Where(actor => actor.Caller.UserId is not null).ToList();
        var actual = new StringBuilder();
        foreach (var attempt in world.Attempts.Values.OrderBy(attempt => attempt.Table, StringComparer.Ordinal))
        {
            var columns = await ColumnAsync(
                $"select attname from pg_attribute where attrelid = 'public.{attempt.Table}'::regclass and attnum > 0 and not attisdropped order by attnum");
            var (inserted, updated) = (new List<string>(), new List<string>());
            foreach (var column in columns)
            {
                if (await AnybodyAsync(person => attempt.InsertWith(column, person)))
                    inserted.Add(column);
                if (await AnybodyAsync(_ => attempt.UpdateOf(column)))
                    updated.Add(column);
            }

            actual.AppendLine($"{attempt.Table,-NameWidth} insert {List(inserted)}");
            actual.AppendLine($"{"",-NameWidth} update {List(updated)}");
        }

        await AssertSectionAsync("columns", actual.ToString());

        async Task<bool> AnybodyAsync(Func<string, string> statement)
        {
            foreach (var (_, me, caller) in people)
            {
                if ((await world.TryAsync(caller, statement(me))).Rows > 0)
                    return true;
            }

            return false;
        }

        static string List(List<string> columns) => columns.Count == 0 ? "-" : string.Join(' ', columns);
    }

    [Fact]
    [Trait("probe", "23")]
    public async Task Only_the_listed_functions_can_be_called()
    {
        var functions = await ColumnAsync(
            """
            select format('%-90s %s', p.oid::regprocedure, string_agg(
                case when has_function_privilege(r.rolname, p.oid, 'execute') then r.rolname::text end, ' ' order by r.rolname))
            from pg_proc p
            cross join pg_roles r
            where p.pronamespace in ('public'::regnamespace, 'evolv'::regnamespace, 'audit'::regnamespace, 'auth'::regnamespace, 'realtime'::regnamespace)
                and r.rolname in ('anon', 'authenticated', 'service_role')
                and has_function_privilege(r.rolname, p.oid, 'execute')
            group by p.oid
            order by p.oid::regprocedure::text collate "C"
            """);

        await AssertSectionAsync("functions", string.Join('\n', functions) + "\n");
    }

    static char Cell(char letter, (int Rows, PostgresException? Refusal) outcome) => outcome switch
    {
        { Refusal.SqlState: PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ObjectNotInPrerequisiteState } => '-',
        { Refusal: not null } => '!',
        { Rows: 0 } => '.',
        _ => letter,
    };

    async Task<List<string>> ColumnAsync(string query)
    {
        await using var connection = await world.Database.OpenOwnerAsync();
        await using var command = new NpgsqlCommand(query, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var values = new List<string>();
        while (await reader.ReadAsync(Token))
            values.Add(reader.GetString(0));
        return values;
    }

    static async Task AssertSectionAsync(string section, string actual)
    {
        var path = AuthorityWorld.PathOf("matrix.txt");
        await Writing.WaitAsync(Token);
        try
        {
            var text = await File.ReadAllTextAsync(path, Token);
            var from = text.IndexOf($"[{section}]\n", StringComparison.Ordinal) + section.Length + 3;
            var end = text.IndexOf("\n\n#", from - 1, StringComparison.Ordinal);
            var expected = end < 0 ? text[from..] : text[from..(end + 1)];
            if (Environment.GetEnvironmentVariable("EVOLV_WRITE_MATRIX") == "1")
                await File.WriteAllTextAsync(path, text[..from] + actual + text[(from + expected.Length)..], Token);
            else
                Assert.Equal(expected, actual);
        }
        finally
        {
            Writing.Release();
        }
    }
}
