using System.Net.Http.Json;
using System.Text.Json;

namespace Evolv.Tests.Support;

/// <summary>What a function answered: <c>data</c> of a success, or the code and the words of an error.</summary>
sealed record FunctionAnswer(int Status, JsonElement Data, string? Code, string? Error)
{
    /// <summary>A value deep inside, by names and numbers: <c>At("rewards", 0, "name")</c>.</summary>
    internal string At(params object[] path)
        => path.Aggregate(Data, (element, step) => step is int index ? element[index] : element.GetProperty((string)step)).ToString();
}

/// <summary>Calls of /functions/v1, as a client makes them.</summary>
static class FunctionCalls
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    extension(HttpClient client)
    {
        internal async Task<FunctionAnswer> CallAsync(string function, object body)
        {
            using var answer = await client.PostAsJsonAsync($"/functions/v1/{function}", body, Token);
            return await ReadAsync(answer);
        }

        internal async Task<FunctionAnswer> AskAsync(string function)
        {
            using var answer = await client.GetAsync($"/functions/v1/{function}", Token);
            return await ReadAsync(answer);
        }
    }

    static async Task<FunctionAnswer> ReadAsync(HttpResponseMessage answer)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        var root = json.RootElement;
        return root.GetProperty("success").GetBoolean()
            ? new FunctionAnswer((int)answer.StatusCode, root.GetProperty("data").Clone(), null, null)
            : new FunctionAnswer((int)answer.StatusCode, default, root.GetProperty("code").GetString(), root.GetProperty("error").GetString());
    }
}
