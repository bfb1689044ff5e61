namespace Evolv.Tests.Support;

/// <summary>What the model says, and why it stopped.</summary>
sealed record GrokAnswer(string Content, string FinishReason, bool HasUsage, string? Refusal = null)
{
    internal const int TenMegabytes = 10 * 1024 * 1024;

    /// <summary>A good answer, or what becomes of it.</summary>
    internal static GrokAnswer Of(GrokBehaviour behaviour, string good, bool hasUsage)
    {
        var answer = new GrokAnswer(good, "stop", hasUsage);
        return behaviour switch
        {
            GrokBehaviour.TruncatedAtLength => answer with { Content = good[..(good.Length / 2)], FinishReason = "length" },
            GrokBehaviour.FencedJson => answer with { Content = $"```json\n{good}\n```" },
            GrokBehaviour.ProseAroundJson => answer with { Content = $"Sure! Here is what you asked for:\n\n{good}\n\nShall I go on?" },
            GrokBehaviour.WrongSchema => answer with { Content = """{"verdict":"Lorem ipsum","parts":[{"unexpected":true}]}""" },
            GrokBehaviour.NotJson => answer with { Content = "Lorem ipsum dolor sit amet, and no JSON at all." },
            GrokBehaviour.EmptyAnswer => answer with { Content = "" },
            GrokBehaviour.TenMegabytes => answer with { Content = new string(' ', TenMegabytes) + good },
            GrokBehaviour.NoUsage => answer with { HasUsage = false },
            GrokBehaviour.ContentFilter => answer with { FinishReason = "content_filter" },
            GrokBehaviour.Refusal => answer with { Content = "", Refusal = "I cannot help with that." },
            _ => answer,
        };
    }
}
