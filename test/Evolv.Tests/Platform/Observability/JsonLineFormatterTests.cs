using System.Text.Json.Nodes;
using Evolv.Platform;
using Evolv.Platform.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Evolv.Tests.Platform.Observability;

/// <summary>What a line of the log looks like.</summary>
public sealed class JsonLineFormatterTests
{
    static readonly PostgresException WithDetail = new(
        "duplicate key", "ERROR", "ERROR", "23505", detail: "Key (email)=(ada@example.com) already exists.", where: "ada@example.com");

    [Fact]
    public void A_line_is_one_object_with_template_and_arguments()
    {
        var line = Write([new("Table", "posts\n\"x\""), new("Rows", 3), new("{OriginalFormat}", "Read {Rows} of {Table}")], "Read 3 of posts");

        Assert.EndsWith("}\n", line, StringComparison.Ordinal);
        Assert.Single(line.TrimEnd('\n').Split('\n'));
        var json = JsonNode.Parse(line)!;
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string)json["time"]!);
        Assert.Equal(
            """{"level":"Warning","category":"Evolv.Test","event":7,"message":"Read 3 of posts","template":"Read {Rows} of {Table}","arguments":{"Table":"posts\n\"x\"","Rows":3}}""",
            $"{{{line[(line.IndexOf(',', StringComparison.Ordinal) + 1)..].TrimEnd('\n')}");
    }

    [Fact]
    public void An_exception_is_told_with_its_SQLSTATE_and_without_rows_of_people()
    {
        foreach (var exception in (Exception[])[WithDetail, new InvalidOperationException("outer", WithDetail), PgErrors.ForLog(WithDetail)])
        {
            var json = JsonNode.Parse(Write([], "failed", exception))!;

            Assert.Equal("23505", (string?)json["sqlstate"]);
            Assert.Contains("23505: duplicate key", (string)json["exception"]!, StringComparison.Ordinal);
            Assert.DoesNotContain("ada@example.com", json.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Another_exception_keeps_its_stack()
    {
        var json = JsonNode.Parse(Write([], "failed", Thrown()))!;

        Assert.Null(json["sqlstate"]);
        Assert.Contains(nameof(Thrown), (string)json["exception"]!, StringComparison.Ordinal);
    }

    static Exception Thrown()
    {
        try
        {
            throw new InvalidOperationException("it broke");
        }
        catch (InvalidOperationException exception)
        {
            return exception;
        }
    }

    static string Write(KeyValuePair<string, object?>[] arguments, string message, Exception? exception = null)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        new JsonLineFormatter().Write(
            new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(LogLevel.Warning, "Evolv.Test", 7, arguments, exception, (_, _) => message), null, writer);
        return writer.ToString();
    }
}
