using System.Collections.Immutable;
using Evolv.Rest;
using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Tests.Rest;

public sealed class OutlineTests
{
    [Fact]
    public void Short_value_is_on_one_line_without_what_is_empty()
        => Assert.Equal(
            "{Path: [a, b], Value: Leaf {Filter: {Field: {Name: id}, Operation: In {Values: [1, 2]}}}}",
            Outline.Of(new At<Logic>(["a", "b"], new Logic.Leaf(new Filter(new Field("id", []), Negated: false, new Operation.In(["1", "2"]))))));

    [Fact]
    public void Long_value_is_indented()
    {
        var alias = new string('x', 60);
        var items = Enumerable.Range(1, 2).Select(number => (SelectItem)new SelectItem.Embed(
            $"a_table_with_a_long_name_{number}", alias, null, JoinType.Inner, [new SelectItem.Column(new Field("*", []), null, null, null, null)]));

        var text = Outline.Of(new SelectItem.Embed("top", null, null, null, [.. items]));

        Assert.Equal(
            $$$"""
            Embed
            Name: top
            Items:
              - Embed
                Name: a_table_with_a_long_name_1
                Alias: {{{alias}}}
                Join: Inner
                Items: [Column {Field: {Name: *}}]
              - Embed
                Name: a_table_with_a_long_name_2
                Alias: {{{alias}}}
                Join: Inner
                Items: [Column {Field: {Name: *}}]
            """, text);
    }

    [Fact]
    public void Names_texts_and_pairs_are_written_as_they_are_read()
        => Assert.Equal(
            "[public.posts, pgrst_source, text/csv, a=b, {\"a\":1}, 7, [x, true]]",
            Outline.Of(new object[]
            {
                new QualifiedName("public", "posts"), new QualifiedName("", "pgrst_source"), default(QualifiedName), MediaType.Csv,
                KeyValuePair.Create("a", "b"), (ReadOnlyMemory<byte>)"{\"a\":1}"u8.ToArray(), 7, ("x", true, ImmutableArray<string>.Empty),
            }));
}
