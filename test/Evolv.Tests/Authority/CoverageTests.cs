using System.Reflection;

namespace Evolv.Tests.Authority;

/// <summary>
/// Every defect of the seed that concerns SQL has a test that proves it corrected (<c>[Trait("defect", "14")]</c>), and so
/// has each of the 26 probes with which the seed's own schema was found open (<c>[Trait("probe", "14")]</c>).
/// </summary>
public sealed class CoverageTests
{
    // The others are about functions, web clients, caches and limits; their numbers are those of the list of defects.
    static readonly int[] Defects =
    [
        .. Enumerable.Range(1, 10), .. Enumerable.Range(15, 10), 26, .. Enumerable.Range(29, 11), .. Enumerable.Range(43, 8),
    ];

    [Fact]
    public void Every_defect_has_a_test() => Assert.Empty(Defects.Except(Numbers("defect")));

    [Fact]
    public void Every_probe_has_a_test() => Assert.Empty(Enumerable.Range(1, 26).Except(Numbers("probe")));

    static IEnumerable<int> Numbers(string trait)
        => from type in typeof(CoverageTests).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance)
           where method.GetCustomAttribute<FactAttribute>() is not null
           from mark in method.GetCustomAttributes<TraitAttribute>()
           where mark.Name == trait
           select int.Parse(mark.Value, null);
}
