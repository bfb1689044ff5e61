using System.Text.Json;
using Evolv.Features.Career.Occupations;
using Evolv.Features.Career.Providers;
using Evolv.Functions;
using Evolv.Platform;
using Evolv.Platform.Data;

namespace Evolv.Features.Career.Guidance;

/// <summary>
/// A question of a person, as far as the three functions of guidance differ: what is prepared from the tables (the brief), what a provider is
/// asked to write (the words), and how both become a stored answer.
/// </summary>
/// <typeparam name="TBrief">Everything that a provider may know.</typeparam>
/// <typeparam name="TWords">What a provider writes: an order and texts. Figures are never among them.</typeparam>
abstract class GuidanceQuestion<TBrief, TWords>
{
    /// <summary>As <c>ai_requests.purpose</c> has it.</summary>
    internal abstract string Purpose { get; }

    /// <summary>What was asked, in a form that equal questions share.</summary>
    protected abstract object Canonical { get; }

    /// <summary>The table of the answers.</summary>
    internal abstract Identifier Table { get; }

    /// <summary>The function in <c>evolv</c> that makes an answer of a row.</summary>
    internal abstract Identifier AnswerFunction { get; }

    /// <exception cref="FunctionError">There is nothing to go by.</exception>
    internal abstract TBrief Prepare(OccupationCatalog catalog, GuidanceContext context);

    /// <summary>The skills for which the platform's paths are looked up.</summary>
    internal abstract IEnumerable<Skill> SkillsToLearn(TBrief brief);

    internal abstract TBrief WithPaths(TBrief brief, PathHints paths);

    internal abstract Task<Provided<TWords>> AskAsync(IGuidanceProvider provider, TBrief brief, GuidanceCall call, CancellationToken cancellationToken);

    /// <summary>The columns and values of the row, without those that every answer has.</summary>
    internal abstract (Sql Columns, Sql Values) Row(TBrief brief, TWords words);

    /// <summary>A SHA-256 of the question and of everything else that an answer depends on.</summary>
    internal string Hash(string configuration) => Sha256Hex.Of(JsonSerializer.Serialize(new { Purpose, Asked = Canonical, configuration }, FunctionJson.Options));

    protected static Json AsJson(object value) => new(JsonSerializer.Serialize(value, FunctionJson.Options));
}

/// <summary>How far an answer is.</summary>
/// <param name="Stage">reading, matching, asking, writing, storing.</param>
/// <param name="Message">For people.</param>
/// <param name="Characters">Written so far, while a provider writes.</param>
sealed record GuidanceProgress(string Stage, string Message, int? Characters = null);
