using System.Text.Json;
using Evolv.Platform.Lint;

namespace Evolv.Tests.Platform.Lint;

public sealed class LintReportTests
{
    static readonly LintFinding Error = Finding("security_definer_view", LintLevel.Error, "SECURITY");
    static readonly LintFinding Warning = Finding("duplicate_index", LintLevel.Warn, "PERFORMANCE");
    static readonly LintFinding Note = Finding("no_primary_key", LintLevel.Info, "PERFORMANCE");

    [Fact]
    public void Json_has_the_fields_of_supabases_advisors()
    {
        var json = LintReport.Of([Warning], LintLevel.Info).ToJson();

        Assert.Equal(
            """
            [
              {
                "name": "duplicate_index",
                "title": "The title",
                "level": "WARN",
                "facing": "EXTERNAL",
                "categories": [
                  "PERFORMANCE"
                ],
                "description": "Why it's bad.",
                "detail": "Table `public.books` is bad.",
                "remediation": "Mend it.",
                "metadata": {
                  "schema": "public",
                  "name": "books"
                },
                "cache_key": "duplicate_index_public_books"
              }
            ]
            """,
            json);
    }

    [Fact]
    public void Json_of_no_findings_is_an_empty_array()
        => Assert.Empty(JsonDocument.Parse(LintReport.Of([], LintLevel.Info).ToJson()).RootElement.EnumerateArray());

    [Fact]
    public void Pretty_says_what_why_where_and_what_to_do()
    {
        var text = LintReport.Of([Error, Warning], LintLevel.Info).ToPretty();

        Assert.Equal(
            """
            ERROR  The title (security_definer_view)
              Why it's bad.
              - Table `public.books` is bad.
              What to do: Mend it.

            WARN  The title (duplicate_index)
              Why it's bad.
              - Table `public.books` is bad.
              What to do: Mend it.

            1 errors, 1 warnings, 0 notes
            """,
            text);
        Assert.Equal("No findings.", LintReport.Of([Note], LintLevel.Warn).ToPretty());
    }

    [Theory]
    [InlineData("info", 3)]
    [InlineData("warn", 2)]
    [InlineData("error", 1)]
    public void Level_hides_what_matters_less(string level, int shown)
        => Assert.Equal(shown, LintReport.Of([Error, Warning, Note], LintReport.Threshold(level)!.Value).Findings.Length);

    [Theory]
    [InlineData("info", "none", 0)]
    [InlineData("info", "info", 1)]
    [InlineData("info", "warn", 1)]
    [InlineData("info", "error", 0)]
    [InlineData("error", "info", 0)]
    public void Exit_code_is_one_when_something_shown_is_as_bad_as_fail_on(string level, string failOn, int expected)
        => Assert.Equal(
            expected,
            LintReport.Of([Warning, Note], LintReport.Threshold(level)!.Value).ExitCode(LintReport.Threshold(failOn)));

    static LintFinding Finding(string name, LintLevel level, string category)
        => LintFinding.Of(
            new LintRule(name, "The title", level, category, "Why it's bad.", "Mend it.", null, ""),
            "Table `public.books` is bad.", """{"schema": "public", "name": "books"}""", "public_books");
}
