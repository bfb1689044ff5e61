using Evolv.Features.Career.Occupations;
using Evolv.Features.Career.Providers;
using Evolv.Features.Career.Providers.Grok;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Features.Career.Guidance;

/// <summary>
/// From a question to a stored answer: the answer of the last 24 hours to the same question, else one that is being made for it, else a new
/// one, by the configured provider where the person agreed and the budget allows it, by Evolv's own otherwise.
/// </summary>
sealed class GuidanceFlow(
    Database database, OccupationCatalogs catalogs, BuiltInProvider builtIn, GrokProvider grok, SingleFlight flights, IOptions<AiOptions> options,
    TimeProvider time, ILogger<GuidanceFlow> logger)
{
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <summary>The answer as JSON.</summary>
    internal async Task<byte[]> AnswerAsync<TBrief, TWords>(
        Caller caller, GuidanceQuestion<TBrief, TWords> question, Action<GuidanceProgress> progress, CancellationToken cancellationToken)
    {
        progress(new("reading", "Looking up your skills"));
        var hash = question.Hash(grok.Fingerprint);
        var (context, contextHash, cached) = await FindAsync(caller, question, hash, cancellationToken);
        if (cached is not null)
        {
            EvolvMeter.AiAsked("hit");
            return cached;
        }

        progress(new("matching", "Comparing you with occupations"));
        var catalog = await catalogs.GetAsync(context.CatalogVersion, cancellationToken);
        var brief = question.Prepare(catalog, context);
        return await flights.RunAsync(
            $"{caller.UserId} {hash} {contextHash}",
            progress,
            (tell, token) => ProduceAsync(new Job<TBrief, TWords>(caller, question, brief, context, hash, contextHash, tell), token),
            cancellationToken);
    }

    async Task<byte[]> ProduceAsync<TBrief, TWords>(Job<TBrief, TWords> job, CancellationToken cancellationToken)
    {
        var (paths, made) = await FindPathsAsync(job, cancellationToken);
        if (made is not null)
            return made;
        job = job with { Brief = job.Question.WithPaths(job.Brief, paths) };
        // The same words of somebody who has learnt something since are another question.
        var asked = Sha256Hex.Of($"{job.Hash} {job.ContextHash}");
        var call = new GuidanceCall(job.Caller.UserId!.Value, job.Question.Purpose, asked, job.Progress);

        if (!options.Value.UsesGrok)
            return await StoreAsync(job, await job.Question.AskAsync(builtIn, job.Brief, call, cancellationToken), builtIn.Name, null, cancellationToken);
        string reason;
        try
        {
            if (!job.Context.HasConsented)
                throw new GrokFailure(GrokFailure.NoConsent);
            var provided = await job.Question.AskAsync(grok, job.Brief, call, cancellationToken);
            return await StoreAsync(job, provided, grok.Name, null, cancellationToken);
        }
        catch (GrokFailure failure) when (failure.Reason == GrokFailure.Running)
        {
            if (await WaitForOtherServerAsync(job, call, cancellationToken) is { } answer)
                return answer;
            reason = GrokFailure.Unavailable;
        }
        catch (GrokFailure failure)
        {
            reason = failure.Reason;
            if (failure.IsTrouble)
                logger.AiProviderFailed(failure.Reason, failure.Message);
        }

        EvolvMeter.AiFellBack(reason);
        return await StoreAsync(job, await job.Question.AskAsync(builtIn, job.Brief, call, cancellationToken), builtIn.Name, reason, cancellationToken);
    }

    // Another server asks the provider the same for the same person: its answer will do, as long as it is at it. Once more after that: the
    // answer is stored while the call is settled.
    async Task<byte[]?> WaitForOtherServerAsync<TBrief, TWords>(Job<TBrief, TWords> job, GuidanceCall call, CancellationToken cancellationToken)
    {
        var looks = 0;
        for (var running = true; looks < 2; looks += running ? 0 : 1)
        {
            await Task.Delay(Poll, time, cancellationToken);
            (running, var answer) = await database.QueryAsync(
                job.Caller,
                $"""
                select exists (
                    select from public.ai_requests r
                    where r.user_id = {job.Caller.UserId} and r.purpose = {call.Purpose} and r.input_hash = {call.InputHash} and r.state = 'running'
                        and r.started_at > now() - interval '2 minutes'),
                    {Stored(job.Caller, job.Question, job.Hash, $"{job.ContextHash}")}
                """,
                static async (reader, token) =>
                {
                    await reader.ReadAsync(token);
                    return (reader.GetBoolean(0), await BytesAsync(reader, 1, token));
                },
                cancellationToken);
            if (answer is not null)
                return answer;
        }

        return null;
    }

    // One round trip for what is known of the person and for an answer of the last 24 hours.
    Task<(GuidanceContext Context, string ContextHash, byte[]? Cached)> FindAsync<TBrief, TWords>(
        Caller caller, GuidanceQuestion<TBrief, TWords> question, string hash, CancellationToken cancellationToken)
        => database.QueryAsync(
            caller,
            $"""
            with context as materialized (select evolv.guidance_context()::text as document)
            select c.document, md5(c.document), {Stored(caller, question, hash, $"md5(c.document)")}
            from context c
            """,
            static async (reader, token) =>
            {
                await reader.ReadAsync(token);
                return (GuidanceContext.Read(reader.GetString(0)), reader.GetString(1), await BytesAsync(reader, 2, token));
            },
            cancellationToken);

    // And one for the platform's paths. Whoever looked while the same question was being answered, and joins after its end, finds
    // the answer now.
    Task<(PathHints Paths, byte[]? Made)> FindPathsAsync<TBrief, TWords>(Job<TBrief, TWords> job, CancellationToken cancellationToken)
    {
        var slugs = job.Question.SkillsToLearn(job.Brief).Select(skill => skill.Slug).Distinct().ToArray();
        return database.QueryAsync(
            job.Caller,
            $"select evolv.paths_for_skills({slugs})::text, {Stored(job.Caller, job.Question, job.Hash, $"{job.ContextHash}")}",
            static async (reader, token) =>
            {
                await reader.ReadAsync(token);
                return (PathHints.Read(await BytesAsync(reader, 0, token)), await BytesAsync(reader, 1, token));
            },
            cancellationToken);
    }

    // The answer to the same question about the same person. One that had to do is not kept for a day; whether they agreed is part of the context.
    static Sql Stored<TBrief, TWords>(Caller caller, GuidanceQuestion<TBrief, TWords> question, string hash, Sql contextHash)
        => $"""
        (select evolv.{question.AnswerFunction}(a, true)::text
            from public.{question.Table} a
            where a.user_id = {caller.UserId} and a.request_hash = {hash} and a.context_hash = {contextHash}
                and coalesce(a.ai_fallback, 'no_consent') = 'no_consent' and a.created_at > now() - interval '24 hours'
            order by a.created_at desc
            limit 1)
        """;

    static async Task<byte[]?> BytesAsync(NpgsqlDataReader reader, int column, CancellationToken cancellationToken)
        => await reader.IsDBNullAsync(column, cancellationToken) ? null : await reader.GetFieldValueAsync<byte[]>(column, cancellationToken);

    async Task<byte[]> StoreAsync<TBrief, TWords>(
        Job<TBrief, TWords> job, Provided<TWords> provided, string provider, string? reason, CancellationToken cancellationToken)
    {
        job.Progress(new("storing", "Keeping the answer for you"));
        var (columns, values) = job.Question.Row(job.Brief, provided.Words);
        var stored = database.QueryJsonAsync(
            job.Caller,
            $"""
            insert into public.{job.Question.Table} as a (
                user_id, ai_provider, ai_model_version, ai_fallback, request_hash, context_hash, {columns})
            values (
                {job.Caller.UserId}, {provider}, {provided.ModelVersion}, {reason}, {job.Hash}, {job.ContextHash}, {values})
            returning evolv.{job.Question.AnswerFunction}(a, false)::text
            """,
            cancellationToken);
        await Task.WhenAll(stored, provided.Settled);
        return await stored;
    }

    sealed record Job<TBrief, TWords>(
        Caller Caller, GuidanceQuestion<TBrief, TWords> Question, TBrief Brief, GuidanceContext Context, string Hash, string ContextHash,
        Action<GuidanceProgress> Progress);
}
