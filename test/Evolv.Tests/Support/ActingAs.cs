using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Tests.Support;

/// <summary>Statements as a person, each in a committed transaction of its own, as the server runs them.</summary>
static class ActingAs
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    extension(TestDatabase database)
    {
        /// <summary>A new person as a caller.</summary>
        internal async Task<Caller> PersonAsync(string name, params string[] roles)
            => Caller.User(await database.AddPersonAsync(name, roles));

        /// <summary>The number of rows written.</summary>
        internal async Task<int> ExecuteAsync(Caller caller, Sql sql)
        {
            await using var session = await database.Database.BeginAsync(caller, Token);
            var rows = await session.ExecuteAsync(sql, Token);
            await session.CommitAsync(Token);
            return rows;
        }

        /// <summary>The first column of the first row.</summary>
        internal async Task<T> ScalarAsync<T>(Caller caller, Sql sql)
            => (await database.Database.QuerySingleAsync(caller, sql, row => row.GetFieldValue<T>(0), Token))!;

        /// <summary>The first column of all rows.</summary>
        internal async Task<List<T>> ColumnAsync<T>(Caller caller, Sql sql)
        {
            await using var session = await database.Database.BeginAsync(caller, Token);
            return await session.QueryListAsync(sql, row => row.GetFieldValue<T>(0), Token);
        }

        /// <summary>The statement is refused, and nothing else happens.</summary>
        internal async Task<PostgresException> AssertRefusedAsync(
            Caller caller, Sql sql, string sqlState = PostgresErrorCodes.InsufficientPrivilege)
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(caller, sql));
            Assert.Equal(sqlState, refusal.SqlState);
            return refusal;
        }
    }

    /// <summary>Text that a test made itself, such as a whole statement from a file.</summary>
    internal static Sql Raw(string text)
    {
        var sql = new Sql(text.Length, 0);
        sql.AppendLiteral(text);
        return sql;
    }
}
