using Evolv.Features.Career.Providers;
using Evolv.Features.Career.Providers.Grok;
using Evolv.Platform.Doctor;

namespace Evolv.Features.Career;

/// <summary>For <c>./evolv doctor</c>: whether the AI provider takes the key and has the models. The list of models costs nothing.</summary>
static class AiCheck
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    internal static async Task<IReadOnlyList<DoctorFinding>> RunAsync(AiOptions options, GrokClient client, CancellationToken cancellationToken)
    {
        if (options.ApiKey is not { Length: > 0 } key)
            return [DoctorFinding.Green("Ai:ApiKey is not set: Evolv's own guidance answers")];
        // Never the key itself.
        if (key.Any(character => character is <= ' ' or >= '\x7f' or '"' or '\''))
            return [DoctorFinding.Red("Ai:ApiKey has spaces, quotes or other characters that no key has", "Copy it again, without what is around it.")];
        var findings = new List<DoctorFinding>();
        if (new Uri(options.BaseUrl).Host.EndsWith("x.ai", StringComparison.OrdinalIgnoreCase) && !key.StartsWith("xai-", StringComparison.Ordinal))
            findings.Add(DoctorFinding.Yellow("Ai:ApiKey does not look like a key of xAI, which begins with xai-", "Check Ai:ApiKey and Ai:BaseUrl."));
        findings.Add(await AskAsync(options, client, cancellationToken));
        return findings;
    }

    static async Task<DoctorFinding> AskAsync(AiOptions options, GrokClient client, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var there = await client.ListModelsAsync(patience.Token);
            var missing = options.ModelList.Except(there).ToArray();
            return missing.Length == options.ModelList.Length
                ? DoctorFinding.Red($"the AI provider has none of Ai:Models; it has {string.Join(", ", there.Take(10).Select(name => PlainText.Name(name, 60)))}", "Name one of them; until then Evolv's own guidance answers.")
                : missing.Length > 0
                    ? DoctorFinding.Yellow($"the AI provider does not have {string.Join(", ", missing)}", "Take it out of Ai:Models.")
                    : DoctorFinding.Green($"the AI provider takes the key; {options.ModelList[0]} answers");
        }
        catch (GrokFailure failure) when (failure.Reason == GrokFailure.BadKey)
        {
            return DoctorFinding.Red($"the AI provider: {failure.Message}", "Set a key that holds; until then Evolv's own guidance answers.");
        }
        catch (GrokFailure failure)
        {
            return DoctorFinding.Yellow($"the AI provider is not ready: {failure.Message}", "Check Ai:BaseUrl and the network; until then Evolv's own guidance answers.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return DoctorFinding.Yellow("the AI provider does not answer in time", "Check Ai:BaseUrl and the network; until then Evolv's own guidance answers.");
        }
    }
}
