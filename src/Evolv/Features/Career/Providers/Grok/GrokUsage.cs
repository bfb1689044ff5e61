using System.Text.Json;

namespace Evolv.Features.Career.Providers.Grok;

/// <summary>What calls took and cost. One US dollar is 10 000 000 000 ticks, as xAI counts.</summary>
/// <param name="CostTicks">Of all attempts.</param>
/// <param name="IsEstimated">The provider did not say what it cost.</param>
sealed record GrokUsage(
    int? PromptTokens, int? CachedTokens, int? CompletionTokens, int? ReasoningTokens, long CostTicks, bool IsEstimated)
{
    const double TicksPerUsd = 10_000_000_000;
    const double CharactersPerToken = 4;

    internal static GrokUsage Nothing { get; } = new(null, null, null, null, 0, false);

    internal double Usd => CostTicks / TicksPerUsd;

    public static GrokUsage operator +(GrokUsage one, GrokUsage other) => new(
        Sum(one.PromptTokens, other.PromptTokens), Sum(one.CachedTokens, other.CachedTokens), Sum(one.CompletionTokens, other.CompletionTokens),
        Sum(one.ReasoningTokens, other.ReasoningTokens), one.CostTicks + other.CostTicks, one.IsEstimated || other.IsEstimated);

    internal static long Ticks(double usd) => (long)Math.Min(usd * TicksPerUsd, long.MaxValue / 4);

    /// <summary>By the price list, of so many tokens.</summary>
    internal static long Price(double promptTokens, double completionTokens, AiOptions prices)
        => Ticks((promptTokens * prices.InputUsdPerMillionTokens + completionTokens * prices.OutputUsdPerMillionTokens) / 1_000_000);

    /// <summary>The highest price of a call with so many characters: two of them, or an escaped letter, may be a token or more.</summary>
    internal static GrokUsage Most(int sentCharacters, AiOptions prices)
        => new(null, null, null, null, Price(sentCharacters / 2.0, prices.MaxCompletionTokens, prices), true);

    /// <summary>Of a call that did not say what it cost. However much came, no more than was allowed is paid.</summary>
    internal static GrokUsage Estimate(int sentCharacters, int receivedCharacters, AiOptions prices)
        => new(null, null, null, null, Price(sentCharacters / CharactersPerToken, Math.Min(receivedCharacters / CharactersPerToken, prices.MaxCompletionTokens), prices), true);

    /// <summary>The object <c>usage</c> of an answer. Tokens of thinking are paid as those of the answer.</summary>
    internal static GrokUsage Read(JsonElement usage, AiOptions prices)
    {
        var (prompt, completion) = (Number(usage, "prompt_tokens"), Number(usage, "completion_tokens"));
        var reasoning = Number(usage, "completion_tokens_details", "reasoning_tokens");
        var told = Number(usage, "cost_in_usd_ticks");
        return new(
            (int?)prompt, (int?)Number(usage, "prompt_tokens_details", "cached_tokens"), (int?)completion, (int?)reasoning,
            told ?? Price(prompt ?? 0, (completion ?? 0) + (reasoning ?? 0), prices), told is null);
    }

    // Only what makes sense: a number from zero that fits an int, or for ticks a thousand dollars.
    static long? Number(JsonElement from, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (from.ValueKind != JsonValueKind.Object || !from.TryGetProperty(name, out from))
                return null;
        }

        var most = path[^1] == "cost_in_usd_ticks" ? Ticks(1000) : int.MaxValue;
        return from.ValueKind == JsonValueKind.Number && from.TryGetInt64(out var number) && number >= 0 && number <= most ? number : null;
    }

    static int? Sum(int? one, int? other) => one is null ? other : other is null ? one : (int)Math.Min((long)one + other.Value, int.MaxValue);
}
