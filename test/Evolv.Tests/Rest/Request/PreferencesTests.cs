using Evolv.Rest.Request;
using Microsoft.Extensions.Primitives;

namespace Evolv.Tests.Rest.Request;

public sealed class PreferencesTests
{
    static readonly HashSet<string> Timezones = ["UTC", "America/Bogota"];

    [Theory]
    [InlineData("")]
    [InlineData("resolution=merge-duplicates")]
    [InlineData("resolution=ignore-duplicates")]
    [InlineData("missing=default")]
    [InlineData("missing=null")]
    [InlineData("return=representation")]
    [InlineData("return=minimal")]
    [InlineData("return=headers-only")]
    [InlineData("count=exact")]
    [InlineData("count=planned")]
    [InlineData("count=estimated")]
    [InlineData("tx=commit")]
    [InlineData("tx=rollback")]
    [InlineData("handling=strict")]
    [InlineData("handling=lenient")]
    [InlineData("timezone=America/Bogota")]
    [InlineData("handling=strict, max-affected=10")]
    [InlineData("resolution=merge-duplicates, missing=default, return=minimal, count=exact, tx=rollback, handling=strict, timezone=UTC, max-affected=1")]
    public void A_preference_that_is_known_is_applied(string header)
        => Assert.Equal(header, Parse(header).ToApplied());

    [Theory]
    [InlineData("count=exact,return=minimal", "return=minimal, count=exact")]
    [InlineData(" count=exact ,, return=minimal ,", "return=minimal, count=exact")]
    [InlineData("count=planned, count=exact", "count=planned")]
    [InlineData("return=minimal, return=representation", "return=minimal")]
    [InlineData("max-affected=10", "")]
    [InlineData("handling=lenient, max-affected=10", "handling=lenient")]
    [InlineData("handling=strict, max-affected=many", "handling=strict")]
    public void Of_each_kind_the_first_counts(string header, string applied)
        => Assert.Equal(applied, Parse(header).ToApplied());

    [Fact]
    public void Several_headers_are_one_list()
    {
        var preferences = Parse(new StringValues(["count=exact", "return=minimal, count=planned"]));

        Assert.Equal("return=minimal, count=exact", preferences.ToApplied());
    }

    [Theory]
    [InlineData("anything, count=exact, return=all", "anything|return=all")]
    [InlineData("Count=exact", "Count=exact")]
    [InlineData("timezone=Mars/Base", "timezone=Mars/Base")]
    [InlineData("return = minimal", "return = minimal")]
    [InlineData("tx=commit, max-affected=x", "")]
    public void What_is_no_preference_is_kept_for_the_strict(string header, string expected)
        => Assert.Equal(expected, string.Join('|', Parse(header).Invalid));

    [Fact]
    public void The_end_of_a_transaction_is_ignored_where_it_is_not_allowed()
    {
        var preferences = Preferences.Parse("tx=rollback", allowTransaction: false, Timezones);

        Assert.Equal((null, ""), (preferences.Transaction, preferences.ToApplied()));
        Assert.Empty(preferences.Invalid);
    }

    [Theory]
    [InlineData("count=exact", true, false)]
    [InlineData("count=planned", false, true)]
    [InlineData("count=estimated", true, true)]
    [InlineData("", false, false)]
    public void A_count_is_exact_or_estimated_or_both(string header, bool counts, bool estimates)
        => Assert.Equal((counts, estimates), (Parse(header).Counts, Parse(header).Estimates));

    static Preferences Parse(StringValues header) => Preferences.Parse(header, allowTransaction: true, Timezones);
}
