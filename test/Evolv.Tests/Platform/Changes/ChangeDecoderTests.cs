using System.Collections.Immutable;
using Evolv.Platform.Changes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Changes;

/// <summary>What a change says of its row.</summary>
public sealed class ChangeDecoderTests(EvolvCluster cluster)
{
    const string Publish = "create publication supabase_realtime for table things;";

    [Fact]
    public async Task Insert_has_a_value_for_each_column_and_no_old_row()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, "create table things (id bigint primary key, name text, note text);" + Publish);

        await database.ExecuteAsync("insert into things values (9007199254740993, 'Größe', null)");
        var change = await listening.NextChangeAsync();

        Assert.Equal(ChangeKind.Insert, change.Kind);
        Assert.Equal(["9007199254740993", "Größe", null], change.New.Select(value => value.Text));
        Assert.All(change.New, value => Assert.True(value.IsKnown));
        Assert.Empty(change.Old);
        Assert.Equal(("public", "things"), (change.Table.Schema, change.Table.Name));
        var oid = await database.ScalarAsync<uint>("select 'things'::regclass::oid");
        Assert.Equal(oid, change.Table.Oid);
        Assert.Equal(
            [new("id", "int8", true), new("name", "text", false), new ChangedColumn("note", "text", false)], change.Table.Columns);
        Assert.Equal(TimeSpan.Zero, change.CommittedAt.Offset);
        Assert.InRange(change.CommittedAt, DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.MaxValue);
        var committed = await database.ScalarAsync<DateTime>("select now()");
        Assert.InRange(committed - change.CommittedAt.UtcDateTime, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Value_has_one_text_form_whatever_the_settings_of_the_database()
    {
        (string Type, string Value, string Expected)[] cases =
        [
            ("timestamptz", "'2026-01-02 03:04:05.678+05'", "2026-01-01 22:04:05.678+00"),
            ("timestamp", "'2026-01-02 03:04:05'", "2026-01-02 03:04:05"),
            ("date", "'2026-01-02'", "2026-01-02"),
            ("interval", "'1 day 02:03:04'", "1 day 02:03:04"),
            ("bytea", @"'\x00ff'", @"\x00ff"),
            ("float8", "0.1::float8 + 0.2::float8", "0.30000000000000004"),
            ("numeric", "12345678901234567890.10", "12345678901234567890.10"),
            ("bool", "true", "t"),
            ("uuid", "'0e37df36-f698-11e6-8dd4-cb9ced3df976'", "0e37df36-f698-11e6-8dd4-cb9ced3df976"),
            ("_text", "array['a', null, 'b c', '\"']", """{a,NULL,"b c","\""}"""),
            ("_int4", "'{{1,2},{3,4}}'", "{{1,2},{3,4}}"),
            ("json", """'{"a":  1}'""", """{"a":  1}"""),
            ("jsonb", """'{"b": [1], "a": null}'""", """{"a": null, "b": [1]}"""),
            ("int4range", "'[1,3)'", "[1,3)"),
            ("money", "1234.5", "$1,234.50"),
            ("inet", "'10.0.0.1'", "10.0.0.1"),
            ("mood", "'glad'", "glad"),
            ("_mood", "array['glad', 'sad']::mood[]", "{glad,sad}"),
            ("percent", "7", "7"),
            ("pair", "row(1, 'x y')", """(1,"x y")"""),
            ("text", "''", ""),
        ];
        var columns = string.Join(", ", cases.Select((one, i) => $"c{i} {one.Type}"));
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database,
            $$"""
            do $$ begin
                execute format('alter database %I set timezone = ''Asia/Tokyo''', current_database());
                execute format('alter database %I set datestyle = ''German''', current_database());
                execute format('alter database %I set intervalstyle = ''iso_8601''', current_database());
                execute format('alter database %I set bytea_output = ''escape''', current_database());
                execute format('alter database %I set extra_float_digits = -5', current_database());
            end $$;
            create type mood as enum ('glad', 'sad');
            create domain percent as int check (value between 0 and 100);
            create type pair as (a int, b text);
            create table things ({{columns}});
            """ + Publish);

        await database.ExecuteAsync(
            $"set timezone = 'UTC'; set datestyle = 'ISO'; insert into things values ({string.Join(", ", cases.Select(one => one.Value))})");
        var change = await listening.NextChangeAsync();

        Assert.Equal(
            cases.Select(one => (one.Type, one.Expected)),
            change.Table.Columns.Zip(change.New, (column, value) => (column.Type, value.Text!)));
    }

    [Fact]
    public async Task Large_value_is_read_whole()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, "create table things (id int primary key, a text, b text);" + Publish);

        await database.ExecuteAsync("insert into things values (1, repeat('ä', 3000000), 'end')");
        var change = await listening.NextChangeAsync();

        Assert.Equal(new string('ä', 3_000_000), change.New[1].Text);
        Assert.Equal("end", change.New[2].Text);
    }

    [Fact]
    public async Task Update_has_old_values_only_when_the_key_changes_and_then_those_of_the_key()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database,
            "create table things (name text, a int, b uuid default gen_random_uuid(), primary key (b, a)); insert into things values ('x', 1);" + Publish);
        var key = (await database.ScalarAsync<Guid>("select b from things")).ToString();

        await database.ExecuteAsync("update things set name = 'y'");
        await database.ExecuteAsync("update things set a = 2");
        var (plain, moved) = (await listening.NextChangeAsync(), await listening.NextChangeAsync());

        Assert.Equal(ChangeKind.Update, plain.Kind);
        Assert.Equal(["y", "1", key], plain.New.Select(value => value.Text));
        Assert.Empty(plain.Old);
        Assert.Equal(["y", "2", key], moved.New.Select(value => value.Text));
        Assert.Equal([default, ChangedValue.Of("1"), ChangedValue.Of(key)], moved.Old);
        Assert.Equal([false, true, true], moved.Table.Columns.Select(column => column.IsIdentity));
    }

    [Fact]
    public async Task Delete_has_the_key_and_no_new_row()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database,
            "create table things (name text, a int, b int, primary key (b, a)); insert into things values ('x', 1, 2);" + Publish);

        await database.ExecuteAsync("delete from things");
        var change = await listening.NextChangeAsync();

        Assert.Equal(ChangeKind.Delete, change.Kind);
        Assert.Empty(change.New);
        Assert.Equal([default, ChangedValue.Of("1"), ChangedValue.Of("2")], change.Old);
    }

    [Fact]
    public async Task Full_identity_gives_the_whole_old_row()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database,
            "create table things (id int primary key, name text, note text); alter table things replica identity full;" +
            "insert into things values (1, 'x', null);" + Publish);

        await database.ExecuteAsync("update things set name = 'y'");
        await database.ExecuteAsync("delete from things");
        var (update, delete) = (await listening.NextChangeAsync(), await listening.NextChangeAsync());

        Assert.Equal([ChangedValue.Of("1"), ChangedValue.Of("x"), ChangedValue.Null], update.Old);
        Assert.Equal([ChangedValue.Of("1"), ChangedValue.Of("y"), ChangedValue.Null], update.New);
        Assert.Equal([ChangedValue.Of("1"), ChangedValue.Of("y"), ChangedValue.Null], delete.Old);
        Assert.All(update.Table.Columns, column => Assert.True(column.IsIdentity));
    }

    [Theory]
    [InlineData("default")]
    [InlineData("full")]
    public async Task Unchanged_value_out_of_line_is_known_only_with_full_identity(string identity)
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database,
            $"""
            create table things (id int primary key, large text, n int);
            alter table things alter large set storage external, replica identity {identity};
            insert into things values (1, repeat('x', 10000), 1);
            """ + Publish);

        await database.ExecuteAsync("update things set n = 2");
        var change = await listening.NextChangeAsync();

        var expected = identity == "full" ? ChangedValue.Of(new string('x', 10_000)) : default;
        Assert.Equal([ChangedValue.Of("1"), expected, ChangedValue.Of("2")], change.New);
    }

    [Fact]
    public async Task Table_is_another_object_after_its_definition_or_its_grants_change()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, "create table things (id int primary key);" + Publish);

        await database.ExecuteAsync("insert into things values (1)");
        await database.ExecuteAsync("insert into things values (2)");
        await database.ExecuteAsync("alter table things enable row level security; grant select on things to public");
        await database.ExecuteAsync("insert into things values (3)");
        await database.ExecuteAsync("alter table things add name text");
        await database.ExecuteAsync("insert into things values (4, 'x')");
        var tables = ImmutableArray.Create(
            (await listening.NextChangeAsync()).Table, (await listening.NextChangeAsync()).Table,
            (await listening.NextChangeAsync()).Table, (await listening.NextChangeAsync()).Table);

        Assert.Same(tables[0], tables[1]);
        Assert.NotSame(tables[0], tables[2]);
        Assert.NotSame(tables[2], tables[3]);
        Assert.Equal(["id"], tables[0].Columns.Select(column => column.Name));
        Assert.Equal(["id", "name"], tables[3].Columns.Select(column => column.Name));
    }

    [Fact]
    public async Task Truncate_is_not_told()
    {
        await using var database = await cluster.CreateEmptyDatabaseAsync();
        await using var listening = await ListeningStream.StartAsync(database, "create table things (id int primary key);" + Publish);

        await database.ExecuteAsync("insert into things values (1)");
        await database.ExecuteAsync("truncate things");
        await database.ExecuteAsync("insert into things values (2)");

        Assert.Equal("1", (await listening.NextChangeAsync()).New[0].Text);
        Assert.Equal("2", (await listening.NextChangeAsync()).New[0].Text);
    }
}
