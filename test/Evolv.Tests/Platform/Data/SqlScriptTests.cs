using Evolv.Platform.Data;

namespace Evolv.Tests.Platform.Data;

public sealed class SqlScriptTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("select 1", "1:select 1")]
    [InlineData("select 1;\n\nselect 2;", "1:select 1|3:select 2")]
    [InlineData("-- one; two\nselect 1; -- three;\n", "2:select 1")]
    [InlineData("/* a;\nb */ select 1;", "2:select 1")]
    [InlineData("select ';', \"a;b\", 'it''s;';select 2", "1:select ';', \"a;b\", 'it''s;'|1:select 2")]
    [InlineData("do $$ begin; end; $$;\nselect $1;", "1:do $$ begin; end; $$|2:select $1")]
    [InlineData("do $a_1$ $$ ; $$ $a_1$; select 2", "1:do $a_1$ $$ ; $$ $a_1$|1:select 2")]
    [InlineData(";;\n;", "")]
    public void Splits_at_the_semicolons_between_statements(string script, string expected)
        => Assert.Equal(expected, string.Join('|', SqlScript.Split(script).Select(statement => $"{statement.Line}:{statement.Text}")));
}
