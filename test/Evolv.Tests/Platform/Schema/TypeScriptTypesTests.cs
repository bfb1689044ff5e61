using Evolv.Platform.Schema;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Schema;

public sealed class TypeScriptTypesTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Committed_types_are_not_stale()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();

        var types = await TypeScriptTypes.WriteAsync(owner, [TypeScriptTypes.DefaultSchema], Token);

        await CommittedFile.AssertIsAsync("test/supabase-js/database.types.ts", types, Token);
    }

    [Fact]
    public async Task Insert_asks_for_what_the_database_cannot_fill()
    {
        var types = await TypesOfAsync(
            """
            create table public.zebras (
                id       bigint generated always as identity primary key,
                name     text not null,
                nickname text,
                born_at  timestamptz not null default now(),
                length   int generated always as (length(name)) stored,
                herd     uuid not null, -- by a trigger
                "o'dd"   jsonb[]
            );
            grant insert (name, nickname) on public.zebras to authenticated;
            """);

        Assert.Contains(Indented(3,
            """
            zebras: {
              Row: {
                born_at: string
                herd: string
                id: number
                length: number | null
                name: string
                nickname: string | null
                "o'dd": Json[] | null
              }
              Insert: {
                born_at?: string
                herd?: string
                id?: never
                length?: never
                name: string
                nickname?: string | null
                "o'dd"?: Json[] | null
              }
              Update: {
                born_at?: string
                herd?: string
                id?: never
                length?: never
                name?: string
                nickname?: string | null
                "o'dd"?: Json[] | null
              }
              Relationships: []
            }

            """), types);
    }

    [Fact]
    public async Task Columns_of_views_stay_not_null_where_no_outer_join_makes_them_null()
    {
        var types = await TypesOfAsync(
            """
            create table public.herds (id uuid primary key, name text not null, place text);
            create table public.zebras (
                id uuid primary key, herd_id uuid not null references public.herds (id), name text not null);
            create view public.zebra_view as
            select z.id, z.herd_id, h.name as "herd name", h.place, upper(z.name) as shout,
                (select s.name from public.herds s limit 1) as name
            from public.zebras z
            join public.herds h on h.id = z.herd_id;
            create view public.zebra_view_of_view as
            select v.id, v.herd_id, o.name as other_name
            from public.zebra_view v
            left join public.herds o on o.id <> v.herd_id;
            create view public.zebra_view_of_subquery as
            select s.id, s.other_name
            from (select z.id, o.name as other_name from public.zebras z left join public.herds o on false) s;
            """);

        Assert.Contains(Indented(3,
            """
            zebra_view: {
              Row: {
                "herd name": string
                herd_id: string
                id: string
                name: string | null
                place: string | null
                shout: string | null
              }
              Relationships: [
                {
                  foreignKeyName: "zebras_herd_id_fkey"
                  columns: ["herd_id"]
                  isOneToOne: false
                  referencedRelation: "herds"
                  referencedColumns: ["id"]
                },
              ]
            }
            zebra_view_of_subquery: {
              Row: {
                id: string | null
                other_name: string | null
              }
              Relationships: []
            }
            zebra_view_of_view: {
              Row: {
                herd_id: string
                id: string
                other_name: string | null
              }

            """), types);
    }

    [Theory]
    [InlineData("select id from public.zebras union all select null", "number | null")]
    [InlineData("select id from public.zebras group by grouping sets ((id), ())", "number | null")]
    [InlineData("select z.id from public.herds h left join public.zebras z on true", "number | null")]
    [InlineData("select z.id from public.zebras z left join public.herds h on true", "number")]
    [InlineData("select (select z.id from public.zebras z limit 1) as id", "number | null")]
    [InlineData("select id from public.zebras where id > (select min(h.id) from public.herds h)", "number")]
    [InlineData("with z as (select id from public.zebras) select id from z", "number")]
    [InlineData("with z as (select z.id from public.herds h left join public.zebras z on true) select id from z", "number | null")]
    [InlineData("select id from public.zebras group by id", "number")]
    public async Task A_view_never_calls_not_null_what_can_be_null(string view, string type)
    {
        var types = await TypesOfAsync(
            $"""
            create table public.herds (id int not null);
            create table public.zebras (id int not null);
            create view public.zebra_view as {view};
            """);

        Assert.Contains(Indented(3,
            $$"""
            zebra_view: {
              Row: {
                id: {{type}}
              }

            """), types);
    }

    [Fact]
    public async Task A_foreign_key_that_is_unique_relates_one_to_one()
    {
        var types = await TypesOfAsync(
            """
            create table public.zebras (a int, b int, primary key (a, b));
            create table public.stripes (
                b int, a int, count int, unique (b, a), foreign key (a, b) references public.zebras (a, b));
            create view public.simple_zebras as select a, b from public.zebras;
            """);

        Assert.Contains(Indented(4,
            """
            Relationships: [
              {
                foreignKeyName: "stripes_a_b_fkey"
                columns: ["a", "b"]
                isOneToOne: true
                referencedRelation: "simple_zebras"
                referencedColumns: ["a", "b"]
              },
              {
                foreignKeyName: "stripes_a_b_fkey"
                columns: ["a", "b"]
                isOneToOne: true
                referencedRelation: "zebras"
                referencedColumns: ["a", "b"]
              },
            ]

            """), types);
        // A view of one table can be written to.
        Assert.Contains(Indented(3,
            """
            simple_zebras: {
              Row: {
                a: number
                b: number
              }
              Insert: {
                a?: number | null
                b?: number | null
              }

            """), types);
    }

    [Fact]
    public async Task Functions_say_what_they_take_and_return()
    {
        var types = await TypesOfAsync(
            """
            create type public.mood as enum ('good', 'so "so"');
            create type public.size as (height numeric, mood public.mood);
            create domain public.short as text check (length(value) < 9);
            create table public.zebras (id int primary key);
            create function public.nap() returns void language sql return null;
            create function public.one(id int, size public.size default null) returns public.zebras language sql
                as 'select 1';
            create function public.many(moods public.mood[], variadic names public.short[]) returns setof public.zebras language sql
                as 'select 1';
            create function public.pair(a int, out b bigint, out c text) language sql as 'select 1::bigint, null';
            create function public.over(a int) returns setof public.mood language sql as 'select ''good''::public.mood';
            create function public.over(a text, b boolean default true) returns jsonb language sql return to_jsonb(b);
            create function public.listed() returns table (day date) language sql as 'select current_date';
            create function public.nameless(int) returns int language sql return 1;
            """);

        Assert.Contains(Indented(3,
            """
            listed: {
              Args: never
              Returns: {
                day: string
              }[]
            }
            many: {
              Args: {
                moods: Database["public"]["Enums"]["mood"][]
                names: string[]
              }
              Returns: Database["public"]["Tables"]["zebras"]["Row"][]
              SetofOptions: {
                from: "*"
                to: "zebras"
                isOneToOne: false
                isSetofReturn: true
              }
            }
            nap: {
              Args: never
              Returns: undefined
            }
            one: {
              Args: {
                id: number
                size?: Database["public"]["CompositeTypes"]["size"]
              }
              Returns: Database["public"]["Tables"]["zebras"]["Row"]
              SetofOptions: {
                from: "*"
                to: "zebras"
                isOneToOne: true
                isSetofReturn: false
              }
            }
            over:
              | {
                Args: {
                  a: number
                }
                Returns: Database["public"]["Enums"]["mood"][]
              }
              | {
                Args: {
                  a: string
                  b?: boolean
                }
                Returns: Json
              }
            pair: {
              Args: {
                a: number
              }
              Returns: {
                b: number
                c: string
              }
            }
            review_certification_request: {

            """), types);
        Assert.Contains(Indented(2,
            """
            Enums: {
              mood: "good" | "so \"so\""
            }
            CompositeTypes: {
              size: {
                height: number | null
                mood: Database["public"]["Enums"]["mood"] | null
              }
            }

            """), types);
        Assert.Contains("""      mood: ["good", "so \"so\""],""", types);
    }

    async Task<string> TypesOfAsync(string schema)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync(schema);
        await using var owner = await database.OpenOwnerAsync();
        return await TypeScriptTypes.WriteAsync(owner, [TypeScriptTypes.DefaultSchema], Token);
    }

    static string Indented(int depth, string text)
        => string.Join('\n', text.Split('\n').Select(line => line == "" ? "" : new string(' ', depth * 2) + line));
}
