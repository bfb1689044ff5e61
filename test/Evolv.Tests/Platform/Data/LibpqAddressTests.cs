using Evolv.Platform;
using Evolv.Platform.Data;

namespace Evolv.Tests.Platform.Data;

public sealed class LibpqAddressTests
{
    [Theory]
    [InlineData("postgresql://ada:secret@db.example:6543/app", "Host=db.example;Port=6543;Username=ada;Password=secret;Database=app")]
    [InlineData("postgres://ada@db.example/app", "Host=db.example;Port=5432;Username=ada;Database=app")]
    [InlineData("postgres://ada:p%40ss%2F@db/a%20b", "Host=db;Port=5432;Username=ada;Password=p@ss/;Database=\"a b\"")]
    [InlineData("postgres://ada:a?b/c:d@db/app", "Host=db;Port=5432;Username=ada;Password=a?b/c:d;Database=app")]
    [InlineData("postgresql://[::1]:5433/app", "Host=::1;Port=5433;Database=app")]
    [InlineData("postgresql:///app?host=/run/postgresql&user=ada", "Host=/run/postgresql;Port=5432;Database=app;Username=ada")]
    [InlineData("postgresql://db/app?sslmode=verify-full&application_name=x&target_session_attrs=any", "Host=db;Port=5432;Database=app;SSL Mode=VerifyFull")]
    [InlineData("postgresql://one:1,two:2/app", "Host=one:1,two:2;Port=5432;Database=app")]
    [InlineData("postgresql://", "Host=localhost;Port=5432")]
    [InlineData("host=db port=6543 dbname = app user='a \\'b'", "Host=db;Port=6543;Database=app;Username=\"a 'b\"")]
    [InlineData("Host=db;Username=ada", "Host=db;Username=ada")]
    [InlineData("Host=db", "Host=db")]
    public void Address_is_read_as_libpq_reads_it(string text, string expected)
        => Assert.Equal(expected, ConnectionStrings.Parse(text, "x").ConnectionString);

    [Theory]
    [InlineData("postgresql://db/app?colour=blue", "x cannot be read (colour is not known)")]
    [InlineData("postgresql://db/app?colour", "x cannot be read (colour has no value)")]
    [InlineData("postgresql://db:many/app", "x cannot be read")]
    [InlineData("host=db port=1 rest", "x cannot be read (rest has no value)")]
    public void Wrong_address_is_told_what_is_wrong(string text, string expected)
        => Assert.StartsWith(
            expected, Assert.Throws<SetupException>(() => ConnectionStrings.Parse(text, "x")).Message, StringComparison.Ordinal);

    [Fact]
    public void Pool_of_a_foreign_database_logs_in_as_it_was_told()
    {
        var owner = ConnectionStrings.Parse("postgresql://ada@db/app", "x");

        Assert.Throws<SetupException>(() => ConnectionStrings.From(new DatabaseOptions(), owner));
        var connections = ConnectionStrings.From(new DatabaseOptions(), owner, hasOurRoles: false);
        Assert.Equal(("ada", null, false), (connections.Pool.Username, connections.Pool.Password, connections.OwnsPoolLogin));
        Assert.Equal("postgresql://ada@db:5432/app", connections.OwnerUrl);
        Assert.Equal("bob", ConnectionStrings.From(
            new DatabaseOptions { PoolConnectionString = "postgresql://bob@db/app" }, owner, hasOurRoles: false).Pool.Username);
    }
}
