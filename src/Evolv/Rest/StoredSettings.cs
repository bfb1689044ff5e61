using System.Collections.Frozen;
using System.Collections.Immutable;
using Evolv.Rest.Schema;
using Npgsql;

namespace Evolv.Rest;

/// <summary>What <c>alter role … set</c> says about /rest/v1 and the roles that the login of the pool may become.</summary>
/// <param name="Settings">PostgREST's settings without their prefix: <c>db_max_rows</c>.</param>
sealed record StoredSettings(
    FrozenDictionary<string, string> Settings,
    FrozenDictionary<string, ImmutableArray<KeyValuePair<string, string>>> RoleSettings,
    FrozenDictionary<string, string> RoleIsolationLevels)
{
    const string Isolation = "default_transaction_isolation";

    // What is set for this database wins over what is set for all.
    const string SettingsSql =
        """
        select distinct on (name) substr(name, length('pgrst.') + 1), value
        from (
            select
                s.setdatabase,
                substr(setting, 1, strpos(setting, '=') - 1) as name,
                substr(setting, strpos(setting, '=') + 1) as value
            from pg_db_role_setting s
            cross join unnest(s.setconfig) setting
            where s.setrole = (select oid from pg_roles where rolname = session_user)
                and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
        ) stored
        where name like 'pgrst.%'
        order by name, setdatabase desc
        """;

    // Only what the login may set: it has to do it for each request.
    const string RolesSql =
        """
        select r.rolname::text, s.name, substr(config, strpos(config, '=') + 1)
        from pg_roles login
        join pg_auth_members m on m.member = login.oid
        join pg_roles r on r.oid = m.roleid
        cross join unnest(r.rolconfig) config
        join pg_settings s on s.name = substr(config, 1, strpos(config, '=') - 1)
        where login.rolname = session_user
            and (s.context = 'user' or has_parameter_privilege(login.oid, s.name, 'set'))
        group by r.rolname, s.name, config
        order by r.rolname, s.name
        """;

    internal static StoredSettings None { get; } = new(
        FrozenDictionary<string, string>.Empty,
        FrozenDictionary<string, ImmutableArray<KeyValuePair<string, string>>>.Empty,
        FrozenDictionary<string, string>.Empty);

    /// <summary>Of the connection's own login.</summary>
    internal static async Task<StoredSettings> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { new NpgsqlBatchCommand(SettingsSql), new NpgsqlBatchCommand(RolesSql) },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var settings = new Dictionary<string, string>();
        while (await reader.ReadAsync(cancellationToken))
            settings[reader.GetString(0)] = reader.GetString(1);

        await reader.NextResultAsync(cancellationToken);
        var ofRoles = new List<(string Role, KeyValuePair<string, string> Setting)>();
        while (await reader.ReadAsync(cancellationToken))
            ofRoles.Add((reader.GetString(0), new(reader.GetString(1), reader.GetString(2))));

        return new StoredSettings(
            settings.ToFrozenDictionary(StringComparer.Ordinal),
            ofRoles.Where(row => row.Setting.Key != Isolation)
                .GroupBy(row => row.Role, row => row.Setting)
                .ToFrozenDictionary(role => role.Key, role => role.ToImmutableArray()),
            ofRoles.Where(row => row.Setting.Key == Isolation)
                .ToFrozenDictionary(row => row.Role, row => RoutineReader.IsolationLevelOf(row.Setting.Value)));
    }
}
