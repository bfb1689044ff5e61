using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Evolv.Features.Career.Occupations;

/// <summary>What the matcher looks up: which skill a text names, how rare a word or a skill is, and which words an occupation has.</summary>
sealed class OccupationIndex
{
    const int MostWords = 4; // of a skill's name

    readonly FrozenDictionary<string, Skill> _skills;
    readonly FrozenDictionary<string, double> _rarityOfWords;
    readonly FrozenDictionary<string, double> _rarityOfSkills;
    readonly FrozenDictionary<string, Entry> _entries;

    internal OccupationIndex(ImmutableArray<Skill> skills, ImmutableArray<Occupation> occupations)
    {
        _skills = Distinct(
            from skill in skills
            from name in new[] { skill.Name, skill.Slug.Replace('-', ' ') }.Concat(skill.Aliases)
            select KeyValuePair.Create(Words.Phrase(name), skill));
        _rarityOfSkills = Rarity(occupations.Select(occupation => occupation.Skills.Select(required => required.Skill.Slug)), occupations.Length);
        var words = occupations.ToDictionary(occupation => occupation.Code, WordsOf);
        _rarityOfWords = Rarity(words.Values.Select(of => of.Keys), occupations.Length);
        _entries = occupations.ToFrozenDictionary(occupation => occupation.Code, occupation => EntryOf(occupation, words[occupation.Code]));
    }

    /// <summary>The skill that a text names exactly, by its name, slug or alias; null when it is none.</summary>
    internal Skill? FindSkill(string text) => _skills.GetValueOrDefault(Words.Phrase(text));

    /// <summary>The skills that a text names somewhere, in its order: the longest name at a place wins.</summary>
    internal ImmutableArray<Skill> FindSkills(string text)
    {
        var words = Words.Phrase(text).Split(' ');
        var found = new List<Skill>();
        for (var at = 0; at < words.Length; at++)
        {
            for (var length = Math.Min(MostWords, words.Length - at); length > 0; length--)
            {
                if (_skills.TryGetValue(string.Join(' ', words.AsSpan(at, length)!), out var skill))
                {
                    found.Add(skill);
                    at += length - 1;
                    break;
                }
            }
        }

        return [.. found.Distinct()];
    }

    internal Entry Of(Occupation occupation) => _entries[occupation.Code];

    /// <summary>High for a word that few occupations have; 0 for one that none has.</summary>
    internal double Rarity(string stem) => _rarityOfWords.GetValueOrDefault(stem);

    Entry EntryOf(Occupation occupation, Dictionary<string, double> words)
    {
        // What few occupations ask for tells more than what all ask for.
        var weights = occupation.Skills.ToFrozenDictionary(
            required => required.Skill.Slug,
            required => Math.Pow((required.Importance - 1) / 4, 2) * _rarityOfSkills[required.Skill.Slug]);
        string[] titles = [.. occupation.Titles.Append(occupation.Title).Select(Words.Phrase).Where(title => title.Length > 3).Distinct()];
        return new Entry(
            words.ToFrozenDictionary(StringComparer.Ordinal), weights, weights.Values.Sum(), [.. titles],
            [.. titles.SelectMany(title => new[] { $" {title} ", $" {title}s " })],
            [.. occupation.Majors.Select(major => Words.Stems(major).ToFrozenSet())]);
    }

    // A word of the title says more than one of the description. Saturates: a word that comes everywhere counts less than twice.
    static Dictionary<string, double> WordsOf(Occupation occupation)
    {
        var words = new Dictionary<string, double>(StringComparer.Ordinal);
        Add(3, occupation.Title);
        Add(2, [.. occupation.Titles]);
        Add(2, [.. occupation.Interests]);
        Add(1.5, [.. occupation.Majors]);
        Add(1.5, occupation.Description);
        foreach (var required in occupation.Skills.Where(required => required.Importance >= 3))
            Add((required.Importance - 2) / 2, [required.Skill.Name, .. required.Skill.Aliases]);
        return words.ToDictionary(word => word.Key, word => word.Value / (word.Value + 1.5), StringComparer.Ordinal);

        void Add(double weight, params ReadOnlySpan<string> texts)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var text in texts)
                seen.UnionWith(Words.Stems(text));
            foreach (var stem in seen)
                words[stem] = words.GetValueOrDefault(stem) + weight;
        }
    }

    static FrozenDictionary<string, double> Rarity(IEnumerable<IEnumerable<string>> sets, int count)
        => sets.SelectMany(set => set).CountBy(item => item).ToFrozenDictionary(
            item => item.Key, item => Math.Log(1 + (double)count / item.Value) / Math.Log(1 + count));

    static FrozenDictionary<string, Skill> Distinct(IEnumerable<KeyValuePair<string, Skill>> names)
        => names.Where(name => name.Key.Length > 0).DistinctBy(name => name.Key).ToFrozenDictionary(name => name.Key, name => name.Value);

    /// <param name="Words">How strongly each stem speaks for the occupation, from 0 to 1.</param>
    /// <param name="SkillWeights">By slug.</param>
    /// <param name="TotalWeight">Of all skills.</param>
    /// <param name="Titles">All its names, as phrases.</param>
    /// <param name="TitlesInText">The same and their plurals, as they stand among other words.</param>
    /// <param name="Majors">The stems of each field of study.</param>
    internal sealed record Entry(
        FrozenDictionary<string, double> Words, FrozenDictionary<string, double> SkillWeights, double TotalWeight,
        ImmutableArray<string> Titles, ImmutableArray<string> TitlesInText, ImmutableArray<FrozenSet<string>> Majors);
}
