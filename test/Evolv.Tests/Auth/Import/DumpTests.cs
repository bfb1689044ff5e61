using Evolv.Auth.Import;

namespace Evolv.Tests.Auth.Import;

/// <summary>Dumps as PostgreSQL's and Supabase's tools write them, and as nobody should.</summary>
public sealed class DumpTests
{
    [Fact]
    public void Copy_of_pg_dump_is_read_with_its_escapes()
    {
        const string dump =
            """
            --
            -- PostgreSQL database dump
            --
            \restrict abc;'
            SET standard_conforming_strings = on;
            SELECT pg_catalog.set_config('search_path', '', false);
            /* COPY auth.users (id) FROM stdin; /* nested */ */
            COPY public.posts (id, content) FROM stdin;
            1	COPY auth.users (id) FROM stdin;
            2	it's; \N
            \.

            COPY auth.users (id, "email", raw_user_meta_data) FROM stdin;
            a	x@example.com	{"name": "tab\\there\\n\\\\"}
            b	\N	line\nbreak\ttab\\
            \.

            CREATE FUNCTION f() RETURNS void AS $body$ COPY auth.users (id) FROM stdin; $$ ; $body$;
            COPY auth.identities (id) FROM stdin;
            c
            \.
            """;

        Assert.Equal(
        [
            """auth.users 14 id=a email=x@example.com raw_user_meta_data={"name": "tab\there\n\\"}""",
            "auth.users 15 id=b email=∅ raw_user_meta_data=line\nbreak\ttab\\",
            "auth.identities 20 id=c",
        ], Sql(dump));
        Assert.Equal(Sql(dump), Sql(dump.Replace("\n", "\r\n", StringComparison.Ordinal)));
    }

    [Fact]
    public void Inserts_of_supabase_db_dump_are_read_with_their_quotes()
    {
        const string dump =
            """
            SET session_replication_role = replica;
            INSERT INTO "public"."posts" ("content") VALUES ('INSERT INTO "auth"."users" ("id") VALUES (''x'');');
            INSERT INTO "auth"."users" ("instance_id", "id", "email", "meta", "flag", "n") VALUES
            	('0', 'a', 'o''hara@example.com', '{"a": "b\n"}'::"jsonb", true, -1.5),
            	('0', E'b\n\'\\', NULL, '{}' :: character varying(255), 'f', DEFAULT) -- the last
            ON CONFLICT DO NOTHING;
            insert into auth.identities(id)overriding system value values('c');
            INSERT INTO auth.audit_log_entries VALUES ('x');
            """;

        Assert.Equal(
        [
            """auth.users 4 instance_id=0 id=a email=o'hara@example.com meta={"a": "b\n"} flag=true n=-1.5""",
            "auth.users 5 instance_id=0 id=b\n'\\ email=∅ meta={} flag=f n=∅",
            "auth.identities 7 id=c",
        ], Sql(dump));
    }

    [Fact]
    public void Csv_is_read_with_quotes_lines_and_nulls()
    {
        const string dump = "id,email,encrypted_password,\"raw_user_meta_data\"\na,x@example.com,,\"{\"\"a\"\": \"\"b,\nc\"\"}\"\r\n\nb,\"\",h,\"\"";

        Assert.Equal(
        [
            "auth.users 2 id=a email=x@example.com encrypted_password=∅ raw_user_meta_data={\"a\": \"b,\nc\"}",
            "auth.users 5 id=b email= encrypted_password=h raw_user_meta_data=",
        ], Read(CsvDump.Read, dump));
        Assert.Equal(["auth.identities 2 id=a user_id=b identity_data={} provider=c"], Read(CsvDump.Read, "id,user_id,identity_data,provider\na,b,{},c\n"));
    }

    [Theory]
    [InlineData("COPY auth.users (id, email) FROM stdin;\na\n", 2, "it has 1 values for 2 columns")]
    [InlineData("COPY auth.users FROM stdin;\na\n", 2, "COPY must name its columns and be in text form, as pg_dump writes it")]
    [InlineData("INSERT INTO auth.users VALUES ('a');", 1, "INSERT must name its columns; dump with --column-inserts")]
    [InlineData("INSERT INTO auth.users (id) VALUES ('a", 1, "it ends within a value")]
    [InlineData("\nINSERT INTO auth.users (id) VALUES ('a', 'b');", 2, "it has 2 values for 1 columns")]
    [InlineData("INSERT INTO auth.users (id) SELECT 'a';", 1, "INSERT must have VALUES")]
    [InlineData("INSERT INTO auth.users (id) VALUES (now());", 1, "the list of values does not end")]
    [InlineData("INSERT INTO auth.users (id) VALUES ($1);", 1, "there is a value that is neither a string nor a number")]
    public void Broken_sql_is_named_by_its_line(string dump, int line, string why)
    {
        var broken = Assert.Throws<DumpFormatException>(() => Sql(dump));

        Assert.Equal((line, why), (broken.Line, broken.Message));
    }

    [Theory]
    [InlineData("", 1, "it is empty")]
    [InlineData("id,name\n1,2\n", 1, "its header names no columns of auth.users, auth.identities, auth.sessions or auth.refresh_tokens")]
    [InlineData("id,encrypted_password\n1\n", 2, "it has 1 values and the header 2")]
    [InlineData("id,encrypted_password\n1,\"a\n", 3, "it ends within a value")]
    [InlineData("id,encrypted_password\n1,\"a\"b\n", 2, "there is something behind a quoted value")]
    public void Broken_csv_is_named_by_its_line(string dump, int line, string why)
    {
        var broken = Assert.Throws<DumpFormatException>(() => Read(CsvDump.Read, dump));

        Assert.Equal((line, why), (broken.Line, broken.Message));
    }

    // What ends anywhere, and what is noise, ends in rows or in an error, never in anything else.
    [Fact]
    public void Whatever_comes_is_read_to_its_end()
    {
        const string dump = "COPY auth.users (id) FROM stdin;\na\\\n\\.\nINSERT INTO \"auth\".\"users\" (\"id\") VALUES (E'\\'$$', $tag$);$t$;/*";
        var random = new Random(1);

        for (var i = 0; i < 2000; i++)
        {
            var noise = dump[..random.Next(dump.Length)] + new string([.. Enumerable.Range(0, random.Next(20)).Select(_ => "'\"$-/*\\;(),:eE\n\ta\0"[random.Next(18)])]);
            foreach (var read in (Func<DumpText, IEnumerable<DumpRow>>[])[SqlDump.Read, CsvDump.Read])
            {
                try
                {
                    Read(read, noise);
                }
                catch (DumpFormatException)
                {
                    // As it should be.
                }
            }
        }
    }

    [Fact]
    public void Long_dumps_are_read_across_the_ends_of_buffers()
    {
        var rows = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i}\tsomebody-{i}@example.com\n"));
        var inserts = string.Join(",\n", Enumerable.Range(0, 20_000).Select(i => $"('{i}', 'some''body-{i}@example.com')"));

        var copied = Sql($"COPY auth.users (id, email) FROM stdin;\n{rows}\\.\nINSERT INTO auth.users (id, email) VALUES {inserts};");

        Assert.Equal(40_000, copied.Count);
        Assert.Equal("auth.users 20001 id=19999 email=somebody-19999@example.com", copied[19_999]);
        Assert.Equal("auth.users 40002 id=19999 email=some'body-19999@example.com", copied[^1]);
    }

    static List<string> Sql(string dump) => Read(SqlDump.Read, dump);

    static List<string> Read(Func<DumpText, IEnumerable<DumpRow>> read, string dump)
        => [.. read(new DumpText(new StringReader(dump))).Select(row =>
            $"{row.Table} {row.Line} {string.Join(' ', row.Columns.Zip(row.Values, (column, value) => $"{column}={value ?? "∅"}"))}")];
}
