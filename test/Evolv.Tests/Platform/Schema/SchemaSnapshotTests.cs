using Evolv.Platform.Schema;
using Evolv.Tests.Support;

namespace Evolv.Tests.Platform.Schema;

public sealed class SchemaSnapshotTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Committed_snapshot_is_not_stale()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var owner = await database.OpenOwnerAsync();

        var snapshot = await SchemaSnapshot.WriteAsync(owner, Token);

        await CommittedFile.AssertIsAsync("db/schema.sql", snapshot, Token);
    }

    [Fact]
    public async Task Two_databases_with_one_schema_have_one_snapshot()
    {
        await using var first = await cluster.CreateDatabaseAsync();
        await using var second = await cluster.CreateDatabaseAsync();
        // Object ids, the order of creation and the caller's settings are no part of the schema.
        await second.ExecuteAsync("create table public.passing (id int); drop table public.passing");
        await second.ExecuteAsync(
            """
            drop index public.posts_user_id_idx;
            create index posts_user_id_idx on public.posts (user_id, created_at desc)
            """);
        await using var firstOwner = await first.OpenOwnerAsync();
        await using var secondOwner = await second.OpenOwnerAsync();
        await using (var command = new Npgsql.NpgsqlCommand("set search_path = evolv, public", secondOwner))
            await command.ExecuteNonQueryAsync(Token);

        var firstText = await SchemaSnapshot.WriteAsync(firstOwner, Token);
        var secondText = await SchemaSnapshot.WriteAsync(secondOwner, Token);

        Assert.Equal(firstText, secondText);
    }

    [Fact]
    public async Task What_belongs_to_a_table_stands_beneath_it()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            create type public.mood as enum ('good', 'so-so');
            create table public.zebras (
                id     bigint generated always as identity primary key,
                name   text not null default 'Zoe',
                mood   public.mood,
                length int generated always as (length(name)) stored,
                check (name <> '')
            );
            comment on table public.zebras is 'It''s striped.';
            comment on column public.zebras.mood is 'Today''s.';
            alter table public.zebras enable row level security;
            alter table public.zebras replica identity full;
            create index zebras_name_idx on public.zebras (lower(name)) where length > 3;
            create trigger zebras_touch before update on public.zebras for each row execute function evolv.touch_updated_at();
            create policy zebras_select_all on public.zebras for select to anon using (mood = 'good');
            grant select (id, name), insert (name) on public.zebras to anon;
            grant select (id, name), insert (name), delete on public.zebras to authenticated;
            """);
        await using var owner = await database.OpenOwnerAsync();

        var snapshot = await SchemaSnapshot.WriteAsync(owner, Token);

        Assert.Contains("create type public.mood as enum ('good', 'so-so');\n", snapshot);
        Assert.Contains(
            """

            create table public.zebras (
                id bigint generated always as identity not null,
                name text default 'Zoe'::text not null,
                mood public.mood,
                length integer generated always as (length(name)) stored,
                constraint zebras_pkey PRIMARY KEY (id),
                constraint zebras_name_check CHECK (name <> ''::text)
            );

            comment on table public.zebras is 'It''s striped.';
            comment on column public.zebras.mood is 'Today''s.';

            alter table public.zebras enable row level security;
            alter table public.zebras replica identity full;

            CREATE INDEX zebras_name_idx ON public.zebras USING btree (lower(name)) WHERE (length > 3);

            CREATE TRIGGER zebras_touch BEFORE UPDATE ON public.zebras FOR EACH ROW EXECUTE FUNCTION evolv.touch_updated_at();

            create policy zebras_select_all on public.zebras for select to anon
                using (mood = 'good'::public.mood);

            grant select (id, name), insert (name) on public.zebras to anon;
            grant select (id, name), insert (name), delete on public.zebras to authenticated;

            """, snapshot);
    }
}
