namespace Evolv.Tests.Rest.Calls;

public sealed class OverloadTests(CallsServer server) : IClassFixture<CallsServer>
{
    const string Rename = "Try renaming the parameters or the function itself in the database so function overloading can be resolved";

    RestServer Api => server.Api;

    [Theory]
    [InlineData("GET /rpc/pick", "\"none\"")]
    [InlineData("GET /rpc/pick?a=1&b=2", "\"a and b\"")]
    [InlineData("GET /rpc/pick?c=1", "\"c\"")]
    public async Task The_names_of_the_arguments_choose(string line, string result)
        => (await Api.SendAsync(line)).IsText(200, result);

    [Fact]
    public async Task Two_that_fit_are_a_choice()
        => (await Api.SendAsync("GET /rpc/pick?a=1"))
            .Fails(
                300, "PGRST203", "Could not choose the best candidate function between: api.pick(a => integer), api.pick(a => integer, b => integer)",
                hint: Rename);

    [Fact]
    public async Task Types_do_not_choose()
        => (await Api.SendAsync("POST /rpc/same", """{"value":1}"""))
            .Fails(300, "PGRST203", "Could not choose the best candidate function between: api.same(value => integer), api.same(value => text)", hint: Rename);

    [Fact]
    public async Task Two_that_take_the_body_are_a_choice()
        => (await Api.SendAsync("POST /rpc/either", """{"value":1}"""))
            .Fails(300, "PGRST203", "Could not choose the best candidate function between: api.either( => json), api.either( => jsonb)", hint: Rename);

    [Fact]
    public async Task The_type_of_the_body_chooses_after_the_names()
    {
        (await Api.SendAsync("POST /rpc/by_type", """{"a":1}""")).IsText(200, "\"a\"");
        (await Api.SendAsync("POST /rpc/by_type", """{"z":1}""")).IsText(200, "\"json\"");
        (await Api.SendAsync("POST /rpc/by_type", "a", "Content-Type: text/plain")).IsText(200, "\"text\"");
    }

    [Fact]
    public async Task A_function_that_is_not_there_is_guessed()
        => (await Api.SendAsync("GET /rpc/all_book"))
            .Fails(
                404, "PGRST202", "Could not find the function api.all_book without parameters in the schema cache",
                "Searched for the function api.all_book without parameters, but no matches were found in the schema cache.",
                "Perhaps you meant to call the function api.all_books");

    [Fact]
    public async Task Arguments_that_are_not_there_are_guessed()
        => (await Api.SendAsync("POST /rpc/greet", """{"name":"Ada","greetin":"Hi"}"""))
            .Fails(
                404, "PGRST202", "Could not find the function api.greet(greetin, name) in the schema cache",
                "Searched for the function api.greet with parameters greetin, name or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.",
                "Perhaps you meant to call the function api.greet(greeting, name)");

    [Theory]
    [InlineData("GET /rpc/add?b=1", "b")]
    [InlineData("GET /rpc/add?a=1&c=2", "a, c")]
    public async Task All_required_arguments_and_no_others(string line, string names)
        => (await Api.SendAsync(line))
            .Fails(
                404, "PGRST202", $"Could not find the function api.add({names}) in the schema cache",
                $"Searched for the function api.add with parameter{(names.Length > 1 ? "s" : "")} {names}, but no matches were found in the schema cache.",
                "Perhaps you meant to call the function api.add(a, b)");

    [Fact]
    public async Task What_resembles_nothing_is_not_guessed()
        => (await Api.SendAsync("POST /rpc/zzzz", "x", "Content-Type: text/plain"))
            .Fails(
                404, "PGRST202", "Could not find the function api.zzzz in the schema cache",
                "Searched for the function api.zzzz with a single unnamed text parameter, but no matches were found in the schema cache.");

    [Fact]
    public async Task A_procedure_is_no_function()
        => (await Api.SendAsync("POST /rpc/no_function", "{}"))
            .Fails(
                404, "PGRST202", "Could not find the function api.no_function without parameters in the schema cache",
                "Searched for the function api.no_function without parameters or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.");
}
