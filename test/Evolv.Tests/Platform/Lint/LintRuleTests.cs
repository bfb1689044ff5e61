using Evolv.Platform.Lint;

namespace Evolv.Tests.Platform.Lint;

public sealed class LintRuleTests
{
    [Fact]
    public void Header_lines_go_on_where_indented_and_end_at_the_first_other_line()
    {
        var rule = LintRule.Parse(
            "odd_table",
            """
            -- title: Odd table
            -- level: WARN
            -- category: SECURITY
            -- description: Odd, and
            --   strange: so.
            -- remediation: https://example.com/odd
            -- requires: storage.buckets

            -- level: a comment
            select 1
            """);

        Assert.Equal(
            ("Odd table", LintLevel.Warn, "SECURITY", "Odd, and strange: so.", "https://example.com/odd", "storage.buckets"),
            (rule.Title, rule.Level, rule.Category, rule.Description, rule.Remediation, rule.Requires));
    }

    [Fact]
    public void Every_lint_has_a_case_and_every_case_a_lint()
        => Assert.Equal(LintRule.All.Select(rule => rule.Name).Order(), LintCase.Names.Order());

    [Fact]
    public void Every_lint_names_itself_as_its_file()
        => Assert.All(LintRule.All, rule =>
        {
            Assert.Matches("^[a-z_]+$", rule.Name);
            Assert.Contains(rule.Category, (string[])["SECURITY", "PERFORMANCE"]);
            Assert.EndsWith(".", rule.Description, StringComparison.Ordinal);
        });
}
