using Evolv.Platform.Changes;
using Evolv.Platform.Data;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>Something that somebody does, or that the owner of the database does when nobody is named.</summary>
readonly record struct Deed(Caller? Actor, string Sql);

/// <summary>A small community that does things at random: what it knows of its rows it has from the change stream.</summary>
sealed class LeakWorld(Random random, IReadOnlyList<Caller> people)
{
    static readonly string[] Words = ["Hello", "a, b (c)", "He said \"no\"", "50% off", "under_score", "back\\slash", "Ünïcödé", "it's", "LOUD WORDS", "x"];

    readonly List<(string Id, Caller Author)> _posts = [];
    readonly List<(string Id, Caller Author)> _comments = [];
    readonly List<(string Id, Caller Owner)> _guilds = [];

    internal IReadOnlyList<string> Guilds => [.. _guilds.Select(guild => guild.Id)];

    internal IReadOnlyList<string> PeopleIds => [.. people.Select(Id)];

    internal static IReadOnlyList<string> Texts => Words;

    internal void AddGuild(Guid id, Caller owner) => _guilds.Add((id.ToString(), owner));

    /// <summary>Learns which rows there are.</summary>
    internal void Learn(Change change)
    {
        var rows = change.Table.Name switch
        {
            "posts" => _posts,
            "comments" => _comments,
            _ => null,
        };
        if (rows is null)
            return;
        if (change.Kind == ChangeKind.Insert)
        {
            var author = change.NewAt(change.Table.IndexOf("user_id")).Text;
            rows.Add((change.NewAt(change.Table.IndexOf("id")).Text!, people.Single(person => Id(person) == author)));
        }
        else if (change.Kind == ChangeKind.Delete)
        {
            rows.RemoveAll(row => row.Id == change.OldAt(change.Table.IndexOf("id")).Text);
        }
    }

    /// <summary>Anything: also what changes who may see what.</summary>
    internal Deed Next()
    {
        var (me, other, visibility) = (Any(people), Any(people), Any(["public", "followers", "private"]));
        return random.Next(24) switch
        {
            0 or 1 => new(me, $"insert into public.user_follows (follower_id, following_id) values ('{Id(me)}', '{Id(other)}')"),
            2 => new(me, $"update public.user_follows set status = 'accepted' where following_id = '{Id(me)}'"),
            3 => new(me, $"delete from public.user_follows where follower_id = '{Id(me)}' and following_id <> '{Id(other)}'"),
            4 => new(me, $"insert into public.user_blocks (blocker_id, blocked_id) values ('{Id(me)}', '{Id(other)}')"),
            5 => new(me, $"delete from public.user_blocks where blocker_id = '{Id(me)}'"),
            6 when _posts.Count > 0 => By(_posts, post => $"update public.posts set visibility = '{visibility}' where id = '{post}'"),
            7 when _posts.Count > 0 => By(_posts, post => $"update public.posts set deleted_at = {Any(["now()", "null"])} where id = '{post}'"),
            8 when _posts.Count > 20 => By(_posts, post => $"delete from public.posts where id = '{post}'"),
            9 when _comments.Count > 0 => By(_comments, comment => $"update public.comments set deleted_at = {Any(["now()", "null"])} where id = '{comment}'"),
            10 when _comments.Count > 20 => By(_comments, comment => $"delete from public.comments where id = '{comment}'"),
            11 or 12 => new(me, $"insert into public.guild_members (guild_id, user_id) values ('{Any(_guilds).Id}', '{Id(me)}')"),
            13 => new(me, $"delete from public.guild_members where user_id = '{Id(me)}' and guild_id = '{Any(_guilds).Id}'"),
            14 => By(_guilds, guild => $"update public.guild_members set state = '{Any(["active", "banned"])}' where guild_id = '{guild}' and user_id = '{Id(other)}'"),
            15 => By(_guilds, guild => $"update public.guilds set visibility = '{Any(["public", "private"])}' where id = '{guild}'"),
            16 => new(null, $"insert into public.user_badges (user_id, badge_id) select '{Id(me)}', id from public.badges order by id offset {random.Next(8)} limit 1 on conflict do nothing"),
            17 => new(null, $"delete from public.user_badges where user_id = '{Id(me)}'"),
            18 => new(null, $"delete from public.user_follows where follower_id = '{Id(me)}' and status = 'pending'"),
            _ => NextContent(),
        };
    }

    /// <summary>Something that leaves everybody's rights to see as they are.</summary>
    internal Deed NextContent()
    {
        var me = Any(people);
        var words = Any(Words).Replace("'", "''", StringComparison.Ordinal);
        switch (random.Next(7))
        {
            case 0 or 1:
                var guild = random.Next(4) == 0 ? $"'{Any(_guilds).Id}'::uuid" : "null::uuid";
                return new(me,
                    $"insert into public.posts (user_id, guild_id, content, visibility) select '{Id(me)}', {guild}, '{words} ' || n, '{Any(["public", "public", "followers", "private"])}' from generate_series(1, {random.Next(1, 4)}) n");
            case 2 when _posts.Count > 0:
                var (post, author) = Any(_posts);
                return new(author, $"update public.posts set content = '{words}' where id = '{post}'");
            case 3 when _posts.Count > 0:
                return new(me, $"insert into public.comments (post_id, user_id, content) values ('{Any(_posts).Id}', '{Id(me)}', '{words}')");
            case 4 when _comments.Count > 0:
                var (comment, writer) = Any(_comments);
                return new(writer, $"update public.comments set content = '{words}' where id = '{comment}'");
            case 5 when _posts.Count > 0:
                return new(me, $"insert into public.post_likes (post_id, user_id) values ('{Any(_posts).Id}', '{Id(me)}') on conflict do nothing");
            default:
                return new(null, $"update public.user_levels set total_xp = total_xp + {random.Next(1, 50)} where user_id = '{Id(me)}'");
        }
    }

    Deed By(IReadOnlyList<(string Id, Caller Author)> rows, Func<string, string> sql)
    {
        var (id, author) = Any(rows);
        return new Deed(author, sql(id));
    }

    static string Id(Caller person) => person.UserId!.Value.ToString();

    T Any<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];
}
