using System.Net.Sockets;
using System.Text;
using Evolv.Rest;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Evolv.Tests.Rest;

/// <summary>What goes wrong outside of PostgREST's own rules.</summary>
public sealed class RestErrorHandlerTests
{
    static readonly RestConfig Config = RestConfigReader.Read(new RestOptions(), StoredSettings.None, NullLogger.Instance);

    public static TheoryData<Exception, int, string, string, string> Failures => new()
    {
        { new NpgsqlException("Failed to connect to 10.0.0.1", new SocketException(111)), 503, "PGRST000", "Database connection error.", "null" },
        { new NpgsqlException("The pool", new TimeoutException()), 504, "PGRST003", "Timed out acquiring connection from connection pool.", "null" },
        { new BadHttpRequestException("too slow", 408), 408, "EVOLV04", "The body came too slowly.", "null" },
        { new BadHttpRequestException("plain http", 403), 403, "EVOLV06", "plain http", "null" },
        { new InvalidOperationException("secret"), 500, "EVOLV00", "Internal error", "\"The id of the request is mine-1.\"" },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task A_failure_has_a_code_and_tells_nothing_of_the_inside(Exception failure, int status, string code, string message, string details)
    {
        var context = new DefaultHttpContext { TraceIdentifier = "mine-1", Response = { Body = new MemoryStream() } };

        await RestErrorHandler.AnswerAsync(context, failure, Config, null, NullLogger.Instance);

        Assert.Equal(
            (status, $$"""{"code":"{{code}}","details":{{details}},"hint":null,"message":"{{message}}"}"""),
            (context.Response.StatusCode, Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray())));
        Assert.Equal(status == 503 ? "1" : "", context.Response.Headers.RetryAfter.ToString());
    }
}
