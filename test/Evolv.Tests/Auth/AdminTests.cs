using Evolv.Auth;
using Evolv.Platform.Data;
using Microsoft.AspNetCore.Http;

namespace Evolv.Tests.Auth;

public sealed class AdminTests
{
    [Theory]
    [InlineData("service_role")]
    [InlineData("supabase_admin")]
    public void Roles_of_the_installation_are_administrators(string role)
        => Assert.Equal(new Actor(Guid.Empty, role), Admin.RequireAdmin(As(new CallerFeature(new Caller(role, "{}"), null, HasToken: true))));

    [Theory]
    [InlineData("anon")]
    [InlineData("authenticated")]
    [InlineData("supabase_auth_admin")]
    [InlineData("SERVICE_ROLE")]
    [InlineData("postgres")]
    [InlineData("")]
    public void Nobody_else_is(string role)
    {
        var error = Assert.Throws<AuthError>(() => Admin.RequireAdmin(As(new CallerFeature(new Caller(role, "{}"), null, HasToken: true))));

        Assert.Equal((403, "not_admin", "User not allowed"), (error.Status, error.Code, error.Message));
    }

    [Fact]
    public void Refused_token_is_no_administrator_whatever_it_says()
    {
        var refused = Assert.Throws<AuthError>(() => Admin.RequireAdmin(As(new CallerFeature(Caller.Service, "JWT expired", HasToken: true))));
        var nobody = Assert.Throws<AuthError>(() => Admin.RequireAdmin(As(new CallerFeature(Caller.Service, null, HasToken: false))));

        Assert.Equal((403, "bad_jwt", 401, "no_authorization"), (refused.Status, refused.Code, nobody.Status, nobody.Code));
        Assert.Equal(401, Assert.Throws<AuthError>(() => Admin.RequireAdmin(new DefaultHttpContext())).Status);
    }

    static DefaultHttpContext As(CallerFeature feature)
    {
        var context = new DefaultHttpContext();
        context.Features.Set(feature);
        return context;
    }
}
